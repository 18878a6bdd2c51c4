/* <hall-board src="/board/<site>/stream" voice="/board/<site>/voice/" clips='{"a": "a.wav", …}' home="/board">

   The server sends (text/event-stream):
     event: snapshot   on every connect    id: <seq>   data: {"seq": 12, "calls": [call, …] newest first, "lines": [line, …]}
     event: call       id: <seq>           data: call
     event: lines      when they changed   data: {"lines": [line, …]}
     event: beat       every 10 s          data: {"now": ISO}, the moment the figures are from
     event: end        this screen is no longer paired: it goes to `home`
       call = {"seq": 12, "number": "A012", "counter": "3", "at": ISO, "zone": "Tầng 2"?, "calls": 1}
       With "calls": 0 the number was called by mistake: it stands nowhere any more.
       line = {"letter": "A", "name": "…", "waiting": 5, "range": "10-20"? minutes, "paused": false?}

   A call stands large for at least 8 s (attribute `hold`, in seconds) and is announced; calls are announced one
   after the other. In a burst three stand large together. Whoever waits to be shown large is in the list at once;
   when more wait than it has rows, each gets its 8 s there. A call known by its number `seq` is taken once; a recall
   is a new one. Calls that were missed by more than two minutes come into the list without sound. Nothing grows: 100 calls
   wait at most, 60 are kept. */

import { Voice, sleep } from './board-voice.js';
import { Stream, age, say } from './words.js';

const ROWS = 6;
const LARGE = 3;
const WAITING = 100;
const KEPT = 60;
const LATE = 120000; // ms
const NAMES = ['snapshot', 'call', 'lines', 'beat', 'end'];

const element = (parent, tag, kind, text) => {
  const made = parent.appendChild(document.createElement(tag));
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  return made;
};
const empty = (place) => {
  while (place.firstChild) place.removeChild(place.firstChild);
};

class HallBoard extends HTMLElement {
  connectedCallback() {
    this.piece = (name) => this.querySelector(`.board-${name}`);
    this.hold = Number(this.getAttribute('hold') || 8) * 1000;
    this.voice = new Voice(this.getAttribute('voice'), JSON.parse(this.getAttribute('clips') || '{}'));
    this.last = -1; // the newest call that was taken
    this.waiting = []; // taken, not yet shown large, oldest first
    this.large = []; // shown large now
    this.shown = []; // taken before, newest first
    this.speaking = false;
    this.drift = 0;
    this.clock = setInterval(() => this.tick(), 1000);
    this.stream = new Stream(this.getAttribute('src'), NAMES, (n, e) => this.hear(n, e), (f, s) => this.health(f, s));
    this.tick();
  }

  disconnectedCallback() {
    clearInterval(this.clock);
    this.stream.close();
  }

  now() {
    return Date.now() + this.drift;
  }

  hear(name, event) {
    const data = event.data ? JSON.parse(event.data) : {};
    if (name === 'beat') this.drift = Date.parse(data.now) - Date.now();
    if (name === 'call') this.take([data]);
    if (name === 'snapshot') this.snapshot(data);
    if (data.lines) this.drawLines(data.lines);
    if (name === 'end') {
      this.stream.close();
      location.assign(this.getAttribute('home'));
    }
  }

  snapshot(data) {
    if (this.last >= 0 && data.seq >= this.last) {
      this.take(data.calls.slice().reverse());
    } else {
      // The first one after loading, or other data than before (a restored backup): shown without sound.
      this.waiting = [];
      this.shown = data.calls.filter((call) => call.calls !== 0).slice(0, KEPT);
      this.shown.forEach((call) => Object.assign(call, { listed: 0 }));
      this.large = this.shown.splice(0, 1);
      this.drawLarge(false);
    }
    this.last = data.seq;
    this.drawList();
  }

  take(calls) {
    calls.filter((call) => call.seq > this.last).forEach((call) => {
      this.last = call.seq;
      // The same number called again before it was shown: the newer call stands for both.
      this.waiting = this.waiting.filter((other) => other.number !== call.number);
      this.shown = this.shown.filter((other) => other.number !== call.number);
      if (call.calls === 0) {
        this.large = this.large.filter((other) => other.number !== call.number);
        this.drawLarge(false);
        return;
      }
      if (this.now() - Date.parse(call.at) > LATE) this.shown.unshift(call);
      else this.waiting.push(call);
    });
    if (this.waiting.length > WAITING) this.keep(this.waiting.splice(0, this.waiting.length - WAITING));
    this.keep([]);
    this.drawList();
    this.speak();
  }

  keep(calls) {
    this.shown = calls.reverse().concat(this.shown).slice(0, KEPT);
  }

  async speak() {
    if (this.speaking) return;
    this.speaking = true;
    while (this.waiting.length) {
      const fresh = this.waiting.splice(0, LARGE);
      const numbers = fresh.map((call) => call.number);
      this.keep(this.large);
      this.shown = this.shown.filter((call) => numbers.indexOf(call.number) < 0);
      this.large = fresh;
      this.drawLarge(true);
      this.drawList();
      await Promise.all([sleep(this.hold), this.announce(fresh)]);
      fresh.forEach((call) => Object.assign(call, { listed: 0 }));
    }
    this.speaking = false;
  }

  /* One after the other; when many wait, each is said once instead of twice. */
  async announce(calls) {
    for (const call of calls) {
      this.tell('announcing', call);
      await this.voice.announce(call, this.waiting.length > LARGE ? 1 : 2);
      this.tell('announced', call);
    }
  }

  tell(name, call) {
    this.dispatchEvent(new CustomEvent(name, { detail: call.number }));
  }

  drawLarge(fresh) {
    const box = this.piece('call');
    const place = box.querySelector('.calls');
    box.classList.toggle('idle', !this.large.length);
    box.classList.toggle('many', this.large.length > 1);
    empty(place);
    (this.large.length ? this.large : [{ number: '–', counter: '' }]).forEach((call) => {
      const row = element(place, 'p', 'call');
      element(row, 'span', call.number.length > 5 ? 'call-number long' : 'call-number', call.number);
      const counter = element(row, 'span', 'call-counter');
      element(counter, 'small', '', say('đến quầy', 'to counter'));
      counter.appendChild(document.createTextNode(' '));
      element(counter, 'span', '', call.counter);
      if (call.zone && !this.hasAttribute('zone')) element(counter, 'small', 'call-zone', call.zone);
    });
    box.classList.remove('fresh');
    if (fresh) requestAnimationFrame(() => box.classList.add('fresh'));
  }

  /* Who stands in the list: those whose time there is not over, then those who had none yet, then the newest. */
  listed() {
    const now = Date.now();
    const all = this.waiting.slice().reverse().concat(this.shown);
    const held = all.filter((call) => call.listed && now - call.listed < this.hold);
    const fresh = all.filter((call) => call.listed === undefined).reverse();
    const rest = all.filter((call) => held.indexOf(call) < 0 && fresh.indexOf(call) < 0);
    const rows = held.concat(fresh, rest).slice(0, ROWS);
    rows.filter((call) => call.listed === undefined).forEach((call) => Object.assign(call, { listed: now }));
    return rows.sort((a, b) => b.seq - a.seq);
  }

  drawList() {
    const rows = this.listed();
    const drawn = rows.map((call) => `${call.seq}`).join(' ');
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const list = this.piece('list');
    while (list.children.length > 1) list.removeChild(list.lastChild);
    rows.forEach((call) => {
      const row = element(list, 'li');
      element(row, 'span', 'list-number', call.number);
      element(row, 'span', '', call.counter);
    });
  }

  drawLines(lines) {
    const place = this.piece('lines');
    empty(place);
    lines.forEach((line) => {
      const row = element(place, 'li');
      const name = element(row, 'span', 'line-name');
      element(name, 'b', '', line.letter);
      name.appendChild(document.createTextNode(` ${(document.documentElement.lang === 'en' && line.name_en) || line.name}`));
      if (line.paused) {
        element(row, 'span', 'line-wait paused', say('Tạm dừng', 'Paused'));
        return;
      }
      const wait = element(row, 'span', 'line-wait', say(`${line.waiting} người chờ`, `${line.waiting} waiting`));
      if (line.range) element(wait, 'small', '', say(`${line.range} phút`, `${line.range} min`));
      else if (line.late) element(wait, 'small', '', say('hết giờ hôm nay', 'not any more today'));
    });
  }

  tick() {
    const time = new Date(this.now());
    const text = time.toLocaleTimeString('vi-VN', { hour: '2-digit', minute: '2-digit', timeZone: 'Asia/Ho_Chi_Minh' });
    if (this.piece('clock').textContent !== text) this.piece('clock').textContent = text;
    this.drawList();
    this.offerSound();
  }

  health(fresh, seconds) {
    this.classList.toggle('stale', !fresh);
    const light = fresh ? say('Trực tiếp', 'Live') : say('Mất kết nối', 'Connection lost');
    if (this.piece('light').textContent !== light) this.piece('light').textContent = light;
    const old = say(`số liệu ${age(seconds)}`, `figures ${age(seconds)}`);
    if (this.piece('age').textContent !== old) this.piece('age').textContent = old;
  }

  /* A browser that was not set up to play sound by itself asks for one touch. */
  offerSound() {
    const needed = Boolean(this.voice.sound) && !this.voice.on;
    this.classList.toggle('muted', needed);
    const button = this.piece('sound');
    if (needed && !button) {
      const fresh = document.createElement('button');
      fresh.type = 'button';
      fresh.className = 'board-sound';
      fresh.textContent = say('Bật âm thanh', 'Turn sound on');
      fresh.addEventListener('click', () => this.voice.wake().then(() => this.offerSound()));
      this.piece('head').insertBefore(fresh, this.piece('clock'));
    } else if (!needed && button) {
      button.remove();
    }
  }
}

customElements.define('hall-board', HallBoard);
