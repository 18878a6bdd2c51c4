/* <time-since at="ISO" now="ISO" over="10"></time-since>: minutes and seconds that have passed, counted on; what stands
   inside without JavaScript is kept until then. `now` is the server's time of the page: a clock of this machine that is
   wrong does no harm. After `over` minutes the element has the class "over", which says it in colour and weight. */

class TimeSince extends HTMLElement {
  connectedCallback() {
    const now = Date.parse(this.getAttribute('now'));
    this.ahead = Number.isNaN(now) ? 0 : Date.now() - now;
    this.began = Date.parse(this.getAttribute('at'));
    this.limit = Number(this.getAttribute('over')) * 60;
    this.setAttribute('role', 'timer');
    this.clock = setInterval(() => this.draw(), 1000);
    this.draw();
  }

  disconnectedCallback() {
    clearInterval(this.clock);
  }

  draw() {
    const seconds = Math.max(0, Math.floor((Date.now() - this.ahead - this.began) / 1000));
    this.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    this.classList.toggle('over', this.limit > 0 && seconds > this.limit);
  }
}

customElements.define('time-since', TimeSince);
