/* <time-since at="ISO"></time-since>: minutes and seconds that have passed, counted on; empty without JavaScript. */

class TimeSince extends HTMLElement {
  connectedCallback() {
    this.began = Date.parse(this.getAttribute('at'));
    this.setAttribute('role', 'timer');
    this.clock = setInterval(() => this.draw(), 1000);
    this.draw();
  }

  disconnectedCallback() {
    clearInterval(this.clock);
  }

  draw() {
    const seconds = Math.max(0, Math.floor((Date.now() - this.began) / 1000));
    this.textContent = `(${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')})`;
  }
}

customElements.define('time-since', TimeSince);
