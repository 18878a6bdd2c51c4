/* What the other modules share: sentences in the page's language, ages, and a stream that comes back. */

export const say = (vi, en) => (document.documentElement.lang === 'en' ? en : vi);

export const age = (seconds) => {
  if (seconds < 5) return say('vừa xong', 'just now');
  if (seconds < 60) return say(`${Math.floor(seconds)} giây trước`, `${Math.floor(seconds)} s ago`);
  return say(`${Math.floor(seconds / 60)} phút trước`, `${Math.floor(seconds / 60)} min ago`);
};

/* A polite sentence for screen readers, in one region per page. */
export const tell = (sentence) => {
  let place = document.getElementById('spoken');
  if (!place) {
    place = document.createElement('p');
    place.id = 'spoken';
    place.className = 'visually-hidden';
    place.setAttribute('role', 'status');
    document.body.appendChild(place);
  }
  place.textContent = sentence;
};

export const SILENCE = 30000; // ms without a word from the server after which what is shown counts as old

/* One EventSource that is replaced when it dies for good or goes silent.
   The browser itself resumes with the header Last-Event-ID; a replaced source carries the same id as the
   query parameter `last_event_id`. `hear(name, event)` gets every named event; `state(fresh, seconds)` runs
   each second. Any event counts as a sign of life. `close()` ends it. */
export class Stream {
  constructor(src, names, hear, state) {
    this.src = src;
    this.names = names;
    this.hear = hear;
    this.state = state;
    this.lastId = '';
    this.heard = Date.now();
    this.tries = 0;
    this.retryAt = 0;
    this.open();
    this.state(true, 0);
    this.timer = setInterval(() => this.watch(), 1000);
  }

  open() {
    const address = new URL(this.src, document.baseURI);
    if (this.lastId) address.searchParams.set('last_event_id', this.lastId);
    this.source = new EventSource(address.href);
    this.names.forEach((name) => this.source.addEventListener(name, (event) => {
      this.heard = Date.now();
      this.tries = 0;
      if (event.lastEventId) this.lastId = event.lastEventId;
      this.hear(name, event);
    }));
  }

  watch() {
    const silent = Date.now() - this.heard;
    this.state(silent < SILENCE, silent / 1000);
    const dead = this.source.readyState === EventSource.CLOSED;
    if (!dead && silent < SILENCE) {
      this.retryAt = 0;
      return;
    }
    if (!this.retryAt) {
      // Spread over a second and a half, so that a hall of screens does not return at once.
      this.retryAt = Date.now() + Math.min(5000, 1000 * 2 ** this.tries) + Math.random() * 1500;
      this.tries = Math.min(this.tries + 1, 5);
    } else if (Date.now() >= this.retryAt) {
      this.retryAt = 0;
      this.source.close();
      this.open();
    }
  }

  close() {
    clearInterval(this.timer);
    this.source.close();
  }
}
