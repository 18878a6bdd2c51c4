/* <live-region src="/queue/stream" name="queue"> … server-rendered content … </live-region>

   The server sends (text/event-stream), on connect and whenever the content changed:
     event: <name, or "html" where the element has no name>     id: <version>     data: the HTML fragment as a
                     JSON string (bare HTML on one line is taken, too)
     event: beat      at least every 10-15 s, data: {}
     event: end       the session is over: nothing more will come, the page says so and stops
   The fragment replaces the whole content. Regions with one src share one connection. While a person types
   or chooses inside the region, the newest fragment waits until the focus has left the control. A <details id> that
   is open stays open.
   After 30 s of silence the content turns grey and says how old it is. Without JavaScript the content stands.
   Set aria-live="polite" on the element where changes should be spoken (a person's own place in a queue). */

import { Stream, age, say } from './words.js';

const streams = new Map(); // src -> {stream, regions}

const join = (region) => {
  let shared = streams.get(region.src);
  if (!shared) {
    shared = { regions: new Set(), stream: null };
    streams.set(region.src, shared);
  }
  shared.regions.add(region);
  // Names are fixed when a stream opens: one that joins later with a new name opens it again.
  if (shared.stream && shared.stream.names.indexOf(region.event) >= 0) return;
  if (shared.stream) shared.stream.close();
  const names = Array.from(new Set(Array.from(shared.regions, (r) => r.event))).concat('beat', 'end');
  shared.stream = new Stream(
    region.src,
    names,
    (name, event) => shared.regions.forEach((r) => r.hear(name, event.data)),
    (fresh, seconds) => shared.regions.forEach((r) => r.show(fresh, seconds)),
  );
};

const leave = (region) => {
  const shared = streams.get(region.src);
  if (!shared) return;
  shared.regions.delete(region);
  if (shared.regions.size) return;
  if (shared.stream) shared.stream.close();
  streams.delete(region.src);
};

class LiveRegion extends HTMLElement {
  connectedCallback() {
    this.src = this.getAttribute('src');
    this.event = this.getAttribute('name') || 'html';
    this.note = document.createElement('p');
    this.note.className = 'live-state no-print';
    this.note.setAttribute('aria-live', 'off');
    this.appendChild(this.note);
    this.waiting = null;
    this.onleave = () => setTimeout(() => this.flush(), 0);
    this.addEventListener('focusout', this.onleave);
    join(this);
  }

  disconnectedCallback() {
    this.removeEventListener('focusout', this.onleave);
    this.note.remove();
    leave(this);
  }

  hear(name, data) {
    if (name === 'end') {
      leave(this);
      this.classList.add('stale');
      this.note.textContent = say('Phiên đã kết thúc. Hãy tải lại trang.', 'The session has ended. Please reload the page.');
    } else if (name === this.event) {
      this.waiting = data.charAt(0) === '"' ? JSON.parse(data) : data;
      this.flush();
    }
  }

  flush() {
    const busy = document.activeElement;
    if (this.waiting === null) return;
    if (busy && this.contains(busy) && busy.matches('input, select, textarea')) return;
    const kept = busy && this.contains(busy) ? busy.id : '';
    const open = Array.from(this.querySelectorAll('details[open][id]'), (part) => part.id);
    const fresh = document.createRange().createContextualFragment(this.waiting);
    this.waiting = null;
    while (this.firstChild) this.removeChild(this.firstChild);
    this.appendChild(fresh);
    this.appendChild(this.note);
    open.map((id) => document.getElementById(id)).forEach((part) => {
      if (part) part.open = true;
    });
    const again = kept && document.getElementById(kept);
    if (again) again.focus({ preventScroll: true });
  }

  show(fresh, seconds) {
    this.classList.toggle('stale', !fresh);
    const text = fresh
      ? say(`Trực tiếp · cập nhật ${age(seconds)}`, `Live · updated ${age(seconds)}`)
      : say(`Mất kết nối · số liệu từ ${age(seconds)}`, `Connection lost · figures from ${age(seconds)}`);
    if (this.note.textContent !== text) this.note.textContent = text;
  }
}

// A page that sleeps in the browser's history holds no connection.
addEventListener('pagehide', () => streams.forEach((shared) => shared.stream.close()));
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

customElements.define('live-region', LiveRegion);
