/* <idle-guard warn="60" wipe="90"><form method="post" action="/station/wipe">csrf</form></idle-guard>

   The kiosk's privacy. After `warn` seconds without touch or key a bar at the foot of the screen asks whether
   the person is still there; any touch, key or its button gives the whole time again. After `wipe` seconds all
   fields are emptied, the browser's storage of this origin is cleared, and the form is POSTed. The server ends
   the session, forgets what was not submitted, and answers 303 to the first screen, with
   `Clear-Site-Data: "cache", "storage"` and every page of the kiosk sent with `Cache-Control: no-store`.
   <button data-wipe> anywhere on the page does the same at once ("Kết thúc"). */

import { say } from './words.js';

const SIGNS = ['pointerdown', 'keydown', 'touchstart', 'input', 'wheel'];

class IdleGuard extends HTMLElement {
  connectedCallback() {
    this.warn = Number(this.getAttribute('warn') || 60) * 1000;
    this.limit = Number(this.getAttribute('wipe') || 90) * 1000;
    this.last = Date.now();
    this.gone = false;
    this.onsign = () => this.extend();
    this.onclick = (event) => event.target.closest && event.target.closest('[data-wipe]') && this.wipe();
    SIGNS.forEach((sign) => document.addEventListener(sign, this.onsign, { passive: true, capture: true }));
    document.addEventListener('click', this.onclick);
    this.timer = setInterval(() => this.check(), 500);
  }

  disconnectedCallback() {
    SIGNS.forEach((sign) => document.removeEventListener(sign, this.onsign, { capture: true }));
    document.removeEventListener('click', this.onclick);
    clearInterval(this.timer);
  }

  extend() {
    if (this.gone) return;
    this.last = Date.now();
    if (!this.bar) return;
    this.bar.remove();
    this.bar = null;
    if (this.earlier && document.contains(this.earlier)) this.earlier.focus({ preventScroll: true });
  }

  check() {
    const quiet = Date.now() - this.last;
    if (quiet >= this.limit) {
      this.wipe();
    } else if (quiet >= this.warn) {
      if (!this.bar) this.ask();
      this.count.textContent = String(Math.ceil((this.limit - quiet) / 1000));
    }
  }

  ask() {
    this.earlier = document.activeElement;
    this.bar = document.createElement('div');
    this.bar.className = 'idle-warning';
    this.bar.setAttribute('role', 'alert');
    const text = document.createElement('p');
    text.appendChild(document.createTextNode(say('Bạn còn ở đây không? Thông tin sẽ được xóa sau ', 'Are you still there? Your information will be removed in ')));
    this.count = document.createElement('span');
    this.count.setAttribute('aria-live', 'off');
    text.appendChild(this.count);
    text.appendChild(document.createTextNode(say(' giây.', ' seconds.')));
    const stay = document.createElement('button');
    stay.type = 'button';
    stay.className = 'button huge';
    stay.textContent = say('Tôi vẫn ở đây', 'I am still here');
    stay.addEventListener('click', this.onsign);
    this.bar.appendChild(text);
    this.bar.appendChild(stay);
    document.body.appendChild(this.bar);
    stay.focus({ preventScroll: true });
  }

  wipe() {
    if (this.gone) return;
    this.gone = true;
    clearInterval(this.timer);
    document.querySelectorAll('input:not([type=hidden]), textarea, select').forEach((field) => {
      if (field.type === 'checkbox' || field.type === 'radio') field.checked = false;
      else field.value = '';
    });
    document.querySelectorAll('main').forEach((main) => {
      main.hidden = true; // nothing of it stands on the screen while the server answers
    });
    sessionStorage.clear();
    localStorage.clear();
    this.querySelector('form').submit();
  }
}

// A page out of the browser's history belongs to the person before: ask the server anew.
addEventListener('pageshow', (event) => event.persisted && location.reload());
customElements.define('idle-guard', IdleGuard);
