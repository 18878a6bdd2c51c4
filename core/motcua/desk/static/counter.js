/* The counter's page with scripts; without them every key is a form or a link all the same.

   <details class="panel">  opened by its key, the focus goes to its first field; Esc closes it and returns.
   <seat-lost>              the seat was taken over from another machine: nothing on this page acts any more.
   <page-old hidden>        the counter changed elsewhere: said a moment later, unless this page is being left.
   <undo-bar seconds>       counts the seconds down that the server still grants, then goes.
   <call-soon known="A001"> calls as soon as the live list brings a number that was not known.
   [data-spoken]            what was just done is spoken. */

import { say, tell } from './words.js';

const PATIENCE = 1500;
const acting = () => document.querySelectorAll('[data-acts] :is(button, input, select, textarea)');

document.addEventListener('toggle', (event) => {
  const panel = event.target;
  if (!panel.matches || !panel.matches('details.panel') || !panel.open) return;
  document.querySelectorAll('details.panel[open]').forEach((other) => {
    if (other !== panel) other.open = false;
  });
  const first = panel.querySelector('[autofocus], select, input:not([type="hidden"]), button');
  if (first) first.focus();
}, true);

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  const panel = document.querySelector('details.panel[open]');
  if (!panel) return;
  panel.open = false;
  panel.querySelector('summary').focus();
});

class SeatLost extends HTMLElement {
  connectedCallback() {
    acting().forEach((control) => {
      control.disabled = true;
    });
    document.querySelectorAll('[data-acts]').forEach((part) => {
      part.inert = true;
    });
    document.querySelectorAll('[data-acts] [data-key]').forEach((key) => key.removeAttribute('data-key'));
    document.querySelectorAll('details.panel[open]').forEach((panel) => {
      panel.open = false;
    });
    // What was said here just before is no longer so.
    document.querySelectorAll('.hall-said').forEach((said) => said.replaceChildren());
    const key = this.querySelector('button');
    if (key) key.focus();
  }
}

class PageOld extends HTMLElement {
  connectedCallback() {
    this.timer = setTimeout(() => {
      this.hidden = false;
    }, PATIENCE);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }
}

class UndoBar extends HTMLElement {
  connectedCallback() {
    this.until = Date.now() + Number(this.getAttribute('seconds')) * 1000;
    this.clock = setInterval(() => this.draw(), 500);
  }

  disconnectedCallback() {
    clearInterval(this.clock);
  }

  draw() {
    const left = Math.max(0, Math.ceil((this.until - Date.now()) / 1000));
    this.querySelector('[data-left]').textContent = left;
    if (left) return;
    const busy = this.contains(document.activeElement);
    this.remove();
    const next = busy && document.querySelector('.hall-act .button');
    if (next) next.focus();
  }
}

class QueueSize extends HTMLElement {
  connectedCallback() {
    const numbers = this.getAttribute('numbers').split(' ').filter(Boolean);
    this.dispatchEvent(new CustomEvent('queue:numbers', { bubbles: true, detail: numbers }));
  }
}

class CallSoon extends HTMLElement {
  connectedCallback() {
    this.known = new Set(this.getAttribute('known').split(' '));
    this.hear = (event) => {
      if (event.detail.every((number) => this.known.has(number))) return;
      document.removeEventListener('queue:numbers', this.hear);
      tell(say('Có người đến, đang gọi.', 'Somebody has come: calling.'));
      this.querySelector('form').requestSubmit();
    };
    document.addEventListener('queue:numbers', this.hear);
  }

  disconnectedCallback() {
    document.removeEventListener('queue:numbers', this.hear);
  }
}

customElements.define('seat-lost', SeatLost);
customElements.define('page-old', PageOld);
customElements.define('undo-bar', UndoBar);
customElements.define('call-soon', CallSoon);
customElements.define('queue-size', QueueSize);

// A dossier that waits for an answer comes before the end of the service.
const answer = document.querySelector('[data-key="F7"]');
if (answer && !document.querySelector('[autofocus]')) answer.focus({ preventScroll: true });

const spoken = Array.from(document.querySelectorAll('[data-spoken] .notice p, call-soon > p'));
if (spoken.length) tell(spoken.map((part) => part.textContent).join(' '));
