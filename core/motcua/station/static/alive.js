/* <screen-alive><form method="post" action="/station/alive">csrf</form></screen-alive>

   Says every minute that the screen is there, and whether a camera is plugged in. Nobody's touch: it keeps no visit
   alive, and sends nothing of a person. */

const EVERY = 60 * 1000;

const camera = async () => {
  if (!navigator.mediaDevices || !navigator.mediaDevices.enumerateDevices) return '';
  const found = await navigator.mediaDevices.enumerateDevices();
  return found.some((device) => device.kind === 'videoinput') ? 'ok' : 'none';
};

class ScreenAlive extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(() => this.tell(), EVERY);
    this.tell();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  async tell() {
    const form = this.querySelector('form');
    const body = new URLSearchParams(new FormData(form));
    try {
      body.set('camera', await camera());
      await fetch(form.action, { method: 'POST', body, credentials: 'same-origin' });
    } catch (error) {
      // Out of reach for now: the monitor sees that nobody says anything.
    }
  }
}

customElements.define('screen-alive', ScreenAlive);
