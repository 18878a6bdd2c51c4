/* <hall-board src="/board/<id>/stream" clips="/static/voice/"> with the content of macros.hall_board().

   The server sends (text/event-stream):
     event: snapshot   on every connect, and again when the lines change (at most every 2 s)
       data: {"now": ISO, "calls": [call, …] newest first, "lines": [line, …], "message": "…"?}
     event: call       id: <seq>      data: call
     event: beat       every 10 s     data: {"now": ISO}
       call = {"seq": 12, "number": "A012", "counter": "3", "at": ISO, "clips": ["moi-so.ogg", …]?}
       line = {"letter": "A", "name": "…", "waiting": 5, "range": "10-20"? minutes}
   Put into snapshot.calls every call of the last 15 minutes (or the last 12, if more), so that a board that was
   cut off misses nobody; a call known by (seq, at) is taken once, however often it is sent. A recall is a new seq.

   Calls are announced one after the other: chime, then the clips twice (fetched from `clips`, any format the
   browser decodes); each stands large for at least 8 s (attribute `hold`, in seconds). Whoever waits to be shown
   large is in the list at once; a list longer than six turns its pages. Nothing grows: 40 calls, 200 known keys,
   64 clips. On the first snapshot after loading the calls are shown without sound. */

import { Stream, age, say } from './words.js';

const ROWS = 6;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const key = (call) => `${call.seq}@${call.at}`;

class Voice {
  constructor(base) {
    this.base = base;
    this.clips = new Map();
    const Context = window.AudioContext || window.webkitAudioContext;
    this.sound = Context ? new Context() : null;
  }

  get on() {
    return Boolean(this.sound) && this.sound.state === 'running';
  }

  wake() {
    return this.sound ? this.sound.resume() : Promise.resolve();
  }

  /* Two soft bells, a fourth apart; over after 1.3 s. */
  chime() {
    [[659.3, 0], [493.9, 0.45]].forEach(([pitch, delay]) => {
      const start = this.sound.currentTime + delay;
      const tone = this.sound.createOscillator();
      const loud = this.sound.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, start);
      loud.gain.exponentialRampToValueAtTime(0.4, start + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, start + 0.85);
      tone.connect(loud).connect(this.sound.destination);
      tone.start(start);
      tone.stop(start + 0.9);
    });
    return sleep(1300);
  }

  async load(name) {
    if (!this.clips.has(name)) {
      const answer = await fetch(new URL(name, new URL(this.base, document.baseURI)).href);
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
      const bytes = await answer.arrayBuffer();
      const clip = await new Promise((yes, no) => this.sound.decodeAudioData(bytes, yes, no));
      if (this.clips.size >= 64) this.clips.delete(this.clips.keys().next().value);
      this.clips.set(name, clip);
    }
    return this.clips.get(name);
  }

  play(clip) {
    return new Promise((done) => {
      const source = this.sound.createBufferSource();
      source.buffer = clip;
      source.connect(this.sound.destination);
      source.onended = done;
      source.start();
    });
  }

  async announce(names) {
    if (!this.on) return;
    await this.chime();
    const clips = await Promise.all((names || []).map((name) => this.load(name)));
    for (let round = 0; round < 2; round += 1) {
      for (const clip of clips) await this.play(clip);
      if (clips.length) await sleep(400);
    }
  }
}

class HallBoard extends HTMLElement {
  connectedCallback() {
    this.piece = (name) => this.querySelector(`.board-${name}`);
    this.hold = Number(this.getAttribute('hold') || 8) * 1000;
    this.voice = new Voice(this.getAttribute('clips') || './');
    this.known = []; // keys of calls already taken, oldest first
    this.pending = []; // taken, not yet shown large, oldest first
    this.shown = []; // shown large before, newest first
    this.current = null;
    this.started = false;
    this.speaking = false;
    this.drift = 0;
    this.page = 0;
    this.clock = setInterval(() => this.tick(), 1000);
    this.turner = setInterval(() => this.turn(), this.hold);
    this.stream = new Stream(this.getAttribute('src'), ['snapshot', 'call', 'beat'], (n, e) => this.hear(n, e), (f, s) => this.health(f, s));
    this.tick();
  }

  disconnectedCallback() {
    clearInterval(this.clock);
    clearInterval(this.turner);
    this.stream.close();
  }

  hear(name, event) {
    const data = event.data ? JSON.parse(event.data) : {};
    if (data.now) this.drift = Date.parse(data.now) - Date.now();
    if (name === 'call') this.take([data]);
    if (name === 'snapshot') this.snapshot(data);
  }

  snapshot(data) {
    const calls = data.calls.slice().reverse();
    if (this.started) {
      this.take(calls);
    } else {
      this.started = true;
      calls.forEach((call) => this.remember(call));
      this.shown = calls.reverse();
      this.current = this.shown.shift() || null;
      this.trim();
      this.drawCall(false);
    }
    this.drawLines(data.lines);
    if ('message' in data) this.piece('message').textContent = data.message || '';
    this.drawList();
  }

  remember(call) {
    if (this.known.indexOf(key(call)) >= 0) return false;
    this.known.push(key(call));
    if (this.known.length > 200) this.known.shift();
    return true;
  }

  take(calls) {
    calls.filter((call) => this.remember(call)).forEach((call) => {
      // The same number called again before it was shown: the newer call stands for both.
      this.pending = this.pending.filter((other) => other.number !== call.number);
      this.shown = this.shown.filter((other) => other.number !== call.number);
      this.pending.push(call);
    });
    this.drawList();
    this.speak();
  }

  async speak() {
    if (this.speaking) return;
    this.speaking = true;
    while (this.pending.length) {
      if (this.current) this.shown.unshift(this.current);
      this.current = this.pending.shift();
      this.shown = this.shown.filter((call) => call.number !== this.current.number);
      this.trim();
      this.page = 0;
      this.drawCall(true);
      this.drawList();
      // A clip that cannot be played must not hold up the hall: at most 20 s, and the number stands anyway.
      const spoken = this.voice.announce(this.current.clips).catch((problem) => console.warn(problem));
      await Promise.all([sleep(this.hold), Promise.race([spoken, sleep(20000)])]);
    }
    this.speaking = false;
  }

  trim() {
    this.shown.length = Math.min(this.shown.length, 40);
  }

  listed() {
    const waiting = this.pending.slice().reverse();
    return waiting.concat(this.shown.slice(0, Math.max(0, ROWS - waiting.length)));
  }

  turn() {
    const pages = Math.ceil(this.listed().length / ROWS) || 1;
    if (pages < 2 && this.page === 0) return;
    this.page = (this.page + 1) % pages;
    this.drawList();
  }

  drawCall(fresh) {
    const call = this.current;
    const box = this.piece('call');
    box.classList.toggle('idle', !call);
    const number = box.querySelector('.call-number');
    number.textContent = call ? call.number : '–';
    number.classList.toggle('long', Boolean(call) && call.number.length > 5);
    box.querySelector('.call-counter span').textContent = call ? call.counter : '';
    box.classList.remove('fresh');
    if (fresh) requestAnimationFrame(() => box.classList.add('fresh'));
  }

  drawList() {
    const all = this.listed();
    const start = Math.min(this.page, Math.max(0, Math.ceil(all.length / ROWS) - 1)) * ROWS;
    const list = this.piece('list');
    while (list.children.length > 1) list.removeChild(list.lastChild);
    all.slice(start, start + ROWS).forEach((call) => {
      const row = list.appendChild(document.createElement('li'));
      const number = row.appendChild(document.createElement('span'));
      number.className = 'list-number';
      number.textContent = call.number;
      row.appendChild(document.createElement('span')).textContent = call.counter;
    });
  }

  drawLines(lines) {
    const place = this.piece('lines');
    while (place.firstChild) place.removeChild(place.firstChild);
    lines.forEach((line) => {
      const row = place.appendChild(document.createElement('li'));
      const name = row.appendChild(document.createElement('span'));
      name.className = 'line-name';
      name.appendChild(document.createElement('b')).textContent = line.letter;
      name.appendChild(document.createTextNode(` ${line.name}`));
      const wait = row.appendChild(document.createElement('span'));
      wait.className = 'line-wait';
      wait.textContent = say(`${line.waiting} người chờ`, `${line.waiting} waiting`);
      if (line.range) {
        wait.appendChild(document.createElement('small')).textContent = say(`${line.range} phút`, `${line.range} min`);
      }
    });
  }

  tick() {
    const now = new Date(Date.now() + this.drift);
    const text = now.toLocaleTimeString('vi-VN', { hour: '2-digit', minute: '2-digit', timeZone: 'Asia/Ho_Chi_Minh' });
    if (this.piece('clock').textContent !== text) this.piece('clock').textContent = text;
    this.offerSound();
  }

  health(fresh, seconds) {
    this.classList.toggle('stale', !fresh);
    const text = fresh ? say('Trực tiếp', 'Live') : say(`Mất kết nối · số liệu ${age(seconds)}`, `Connection lost · figures ${age(seconds)}`);
    if (this.piece('light').textContent !== text) this.piece('light').textContent = text;
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
      fresh.addEventListener('click', () => this.voice.wake());
      this.piece('head').insertBefore(fresh, this.piece('clock'));
    } else if (!needed && button) {
      button.remove();
    }
  }
}

customElements.define('hall-board', HallBoard);
