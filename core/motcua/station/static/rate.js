/* <rate-wait src="/rate/now" have="<code on screen>"></rate-wait>: the small screen at a counter.

   Asks the server, which answers as soon as there is another number to ask about, and loads the page anew then.
   Without `src` it asks nothing. With `rest="6"` it goes back to the start after so many seconds: after a thank-you,
   or when nobody answers. */

const RETRY = 3000;

class RateWait extends HTMLElement {
  connectedCallback() {
    this.on = true;
    const rest = Number(this.getAttribute('rest') || 0);
    if (rest) this.timer = setTimeout(() => location.replace(this.getAttribute('page')), rest * 1000);
    // Who answers makes the number go away: that is his own news, and his page is on its way.
    this.onsubmit = () => this.disconnectedCallback();
    document.addEventListener('submit', this.onsubmit);
    if (this.hasAttribute('src')) this.listen();
  }

  disconnectedCallback() {
    this.on = false;
    clearTimeout(this.timer);
  }

  async listen() {
    const have = this.getAttribute('have') || '';
    while (this.on) {
      try {
        const answer = await fetch(`${this.getAttribute('src')}?have=${encodeURIComponent(have)}`, { credentials: 'same-origin' });
        if (answer.ok && (await answer.json()).code !== have && this.on) {
          location.replace(this.getAttribute('page'));
          return;
        }
        if (!answer.ok) await new Promise((go) => setTimeout(go, RETRY));
      } catch (error) {
        await new Promise((go) => setTimeout(go, RETRY));
      }
    }
  }
}

customElements.define('rate-wait', RateWait);
