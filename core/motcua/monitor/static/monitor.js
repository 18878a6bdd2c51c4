/* <live-monitor src="/monitor/stream" words="{…}" [worst] [wall] [site="key"]> … server-rendered page … </live-monitor>

   The stream sends `sites`: {at, sites: {key: {tone, reason, waiting, …}}}: all on connect, then those that changed.
   What stands in [data-site=key] [data-cell=name] is patched. Parts whose content is more than figures
   ([data-part]) are fetched anew from the page itself, at most every two seconds, and not while somebody types there.
   `worst`: rows and tiles are put in order again, but never under a pointer or the focus. `wall`: pages take turns.
   After 30 s of silence the page turns grey and says how old it is.

   <replay-player words="{…}">: a button that follows the link rel=next every second and a half, and a slider. */

import { SILENCE, Stream, age, say } from './words.js';

const NAMES = ['sites', 'beat', 'end'];
const TONES = ['act', 'watch', 'calm', 'quiet'];
const PART_EVERY = 2000; // ms
const ORDER_EVERY = 10000;
const PAGE_EVERY = 15000;
const PLAY_EVERY = 1500;
const zone = { hour: '2-digit', minute: '2-digit', timeZone: 'Asia/Ho_Chi_Minh' };

const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

/* Replaces the parts of this page by those of another copy of it. */
const renew = async (address, parts) => {
  const answer = await fetch(address, { headers: { accept: 'text/html' } });
  if (!answer.ok) return null;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  parts.forEach((part) => {
    const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    const busy = document.activeElement;
    const typing = part.contains(busy) && busy.matches('input, select, textarea');
    if (!other || typing || part.innerHTML === other.innerHTML) return;
    const kept = part.contains(busy) && busy.getAttribute('href');
    part.replaceChildren(...other.childNodes);
    const again = kept && Array.from(part.querySelectorAll('a')).find((a) => a.getAttribute('href') === kept);
    if (again) again.focus({ preventScroll: true });
  });
  return fresh;
};

class LiveMonitor extends HTMLElement {
  connectedCallback() {
    this.words = JSON.parse(this.getAttribute('words'));
    this.only = this.getAttribute('site');
    this.sites = {};
    this.drift = 0;
    this.renewed = 0;
    this.stream = new Stream(this.getAttribute('src'), NAMES, (n, e) => this.hear(n, e), (f, s) => this.health(f, s));
    this.timers = [setInterval(() => this.tick(), 1000)];
    if (this.hasAttribute('worst')) this.timers.push(setInterval(() => this.order(), ORDER_EVERY));
    if (this.hasAttribute('wall')) this.timers.push(setInterval(() => this.turn(), PAGE_EVERY));
    this.tick();
  }

  disconnectedCallback() {
    this.timers.forEach(clearInterval);
    clearTimeout(this.later);
    this.stream.close();
  }

  hear(name, event) {
    const data = event.data ? JSON.parse(event.data) : {};
    if (name === 'beat') this.drift = Date.parse(data.now) - Date.now();
    if (name === 'end') {
      this.stream.close();
      this.ended = true;
      this.health(false, 0);
    }
    if (name === 'sites') {
      this.at = Date.parse(data.at);
      this.take(data.sites);
    }
  }

  take(sites) {
    let alerts = false;
    let own = false;
    Object.keys(sites).forEach((key) => {
      const before = this.sites[key];
      const site = sites[key];
      this.sites[key] = site;
      if (before && (before.alerts !== site.alerts || before.loose !== site.loose)) alerts = true;
      if (key === this.only && before) own = true;
      this.querySelectorAll(`[data-site="${key}"]`).forEach((place) => this.patch(place, site));
    });
    this.totals();
    if (this.only ? own : alerts) this.renew();
  }

  patch(place, site) {
    if (!place.classList.contains(site.tone)) {
      place.classList.remove(...TONES);
      place.classList.add(site.tone);
    }
    place.querySelectorAll('[data-cell]').forEach((cell) => {
      const name = cell.dataset.cell;
      const value = site[name];
      if (name === 'tone') write(cell, this.words.tones[value]);
      else if (name === 'reason') write(cell, this.words.reasons[value] || '');
      else if (name === 'cut') write(cell, this.words.cut[value ? 1 : 0]);
      else if (name === 'last') {
        write(cell, value ? new Date(value).toLocaleTimeString('vi-VN', zone) : '–');
      } else if (name === 'low' || name === 'help') {
        cell.hidden = !value;
        write(cell.querySelector('span'), String(value));
      } else write(cell, value === null ? '–' : String(value));
    });
  }

  totals() {
    const all = Object.values(this.sites);
    const sums = { act: 0, watch: 0, waiting: 0, open: 0, done: 0 };
    all.forEach((site) => {
      if (site.tone in sums) sums[site.tone] += 1;
      ['waiting', 'open', 'done'].forEach((name) => { sums[name] += site[name]; });
    });
    this.querySelectorAll('[data-total]').forEach((place) => write(place, String(sums[place.dataset.total])));
  }

  /* The parts of the page that are more than figures. */
  renew() {
    clearTimeout(this.later);
    this.later = setTimeout(async () => {
      this.renewed = Date.now();
      try {
        await renew(location.href, Array.from(this.querySelectorAll('[data-part]')));
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // the network is away: the stream says so
      }
    }, Math.max(0, this.renewed + PART_EVERY - Date.now()));
  }

  order() {
    const bad = (element) => {
      const site = this.sites[element.dataset.site];
      return site ? [TONES.indexOf(site.tone), -(site.longest || 0), -site.waiting] : [9, 0, 0];
    };
    this.querySelectorAll('tbody, .site-map').forEach((list) => {
      if (list.matches(':hover') || list.contains(document.activeElement)) return;
      const now = Array.from(list.children).filter((child) => child.dataset.site);
      const sorted = now.slice().sort((a, b) => {
        const [x, y] = [bad(a), bad(b)];
        return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
      });
      if (sorted.some((child, n) => child !== now[n])) sorted.forEach((child) => list.appendChild(child));
    });
  }

  turn() {
    const pages = Array.from(this.querySelectorAll('.wall-page'));
    if (pages.length < 2) return;
    const shown = pages.findIndex((page) => !page.hidden);
    pages.forEach((page, n) => { page.hidden = n !== (shown + 1) % pages.length; });
  }

  tick() {
    const clock = this.querySelector('.monitor-clock');
    if (clock) write(clock, new Date(Date.now() + this.drift).toLocaleTimeString('vi-VN', zone));
  }

  health(fresh, seconds) {
    this.classList.toggle('stale', !fresh);
    const light = this.querySelector('.monitor-light');
    const old = this.querySelector('.monitor-age');
    if (this.ended) {
      write(light, say('Phiên đã kết thúc. Hãy tải lại trang.', 'The session has ended. Please reload the page.'));
    } else {
      write(light, fresh ? say('Trực tiếp', 'Live') : say('Mất kết nối', 'Connection lost'));
    }
    write(old, say(`số liệu ${age(seconds)}`, `figures ${age(seconds)}`));
    old.classList.toggle('old', seconds * 1000 >= SILENCE);
  }
}

class ReplayPlayer extends HTMLElement {
  connectedCallback() {
    this.words = JSON.parse(this.getAttribute('words'));
    this.build();
    this.dress();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  build() {
    const bar = document.createElement('div');
    bar.className = 'replay-bar no-print';
    this.button = document.createElement('button');
    this.button.type = 'button';
    this.button.className = 'button';
    this.button.addEventListener('click', () => this.toggle());
    const label = document.createElement('label');
    const name = document.createElement('span');
    name.className = 'visually-hidden';
    name.textContent = this.words.slider;
    this.slider = document.createElement('input');
    Object.assign(this.slider, { type: 'range', min: '72', max: '228', step: '1' }); // 06:00 to 19:00
    this.slider.addEventListener('input', () => this.slider.setAttribute('aria-valuetext', this.said()));
    this.slider.addEventListener('change', () => this.go(this.at(this.said())));
    label.append(name, this.slider);
    bar.append(this.button, label);
    this.insertBefore(bar, this.firstChild);
  }

  said() {
    const minutes = Number(this.slider.value) * 5;
    return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  }

  at(time) {
    const address = new URL(location.href);
    address.searchParams.set('day', this.querySelector('[name="day"]').value);
    address.searchParams.set('at', time);
    return address.href;
  }

  dress() {
    this.button.textContent = this.timer ? this.words.stop : this.words.play;
    const [hours, minutes] = this.querySelector('[name="at"]').value.split(':').map(Number);
    this.slider.value = String(Math.round((hours * 60 + minutes) / 5));
    this.slider.setAttribute('aria-valuetext', this.said());
  }

  toggle() {
    if (this.timer) {
      clearTimeout(this.timer);
      this.timer = null;
    } else {
      this.timer = setTimeout(() => this.play(), 0);
    }
    this.dress();
  }

  async play() {
    const next = this.querySelector('a[rel="next"]');
    if (next && await this.go(next.href) && this.timer) {
      this.timer = setTimeout(() => this.play(), PLAY_EVERY);
    } else {
      this.timer = null;
    }
    this.dress();
  }

  async go(address) {
    try {
      const fresh = await renew(address, [this.querySelector('[data-part]')]);
      if (!fresh) return false;
      document.title = fresh.title;
      history.replaceState(null, '', address);
      this.dress();
      return true;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return false;
    }
  }
}

addEventListener('pagehide', () => document.querySelectorAll('live-monitor').forEach((one) => one.stream.close()));
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

customElements.define('live-monitor', LiveMonitor);
customElements.define('replay-player', ReplayPlayer);
