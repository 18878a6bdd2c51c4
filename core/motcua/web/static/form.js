/* Three improvements of forms that work without them.

   1. <form-part src="/apply/<id>/fields"> … fields … </form-part> inside a form.
      After a change inside, the whole form (without files) is POSTed to src with the header `X-Part: 1`.
      The server answers 200 with the inner HTML of the part: the visible fields with the values it was sent,
      no errors, nothing saved. Answers that come late are dropped; focus and what is typed meanwhile stay.
      On any other answer the part stays as it is: Continue will show what is needed.
   2. <form data-upload>: sent with a progress bar. The server does nothing special: a redirect is followed; any
      other HTML answer (a 413 or 422 page with errors) replaces <main>.
   3. [data-error-summary] takes the focus, and its links put it into the field.
   A form is sent once: while it is on its way, a second press of its button does nothing. */

import { say, tell } from './words.js';

const plain = (form) => {
  const sent = new FormData();
  new FormData(form).forEach((value, name) => {
    if (typeof value === 'string') sent.append(name, value);
  });
  return sent;
};

class FormPart extends HTMLElement {
  connectedCallback() {
    this.turn = 0;
    this.touched = new Set();
    this.onedit = (event) => this.touched.add(event.target.id);
    this.owed = false; // something was typed while an answer was under way
    this.swapping = false; // taking a field away fires `change`, too
    this.onchange = () => this.swapping || this.refresh();
    this.onleave = () => !this.swapping && this.owed && this.refresh();
    this.addEventListener('input', this.onedit);
    this.addEventListener('change', this.onchange);
    this.addEventListener('focusout', this.onleave);
  }

  disconnectedCallback() {
    this.removeEventListener('input', this.onedit);
    this.removeEventListener('change', this.onchange);
    this.removeEventListener('focusout', this.onleave);
  }

  async refresh() {
    const form = this.closest('form');
    this.turn += 1;
    const mine = this.turn;
    this.touched.clear();
    this.owed = false;
    try {
      const answer = await fetch(this.getAttribute('src'), { method: 'POST', body: plain(form), headers: { 'X-Part': '1' }, credentials: 'same-origin' });
      if (!answer.ok || answer.redirected) return;
      const html = await answer.text();
      if (mine === this.turn) this.replace(html);
    } catch (problem) {
      console.warn(problem); // off line: the form goes on without this help
    }
  }

  replace(html) {
    const busy = document.activeElement;
    const held = this.contains(busy) && busy.id ? { id: busy.id, from: busy.selectionStart, to: busy.selectionEnd } : null;
    const before = this.shape();
    const fresh = document.createRange().createContextualFragment(html);
    this.querySelectorAll('[id]').forEach((old) => {
      const next = fresh.querySelector(`#${CSS.escape(old.id)}`);
      if (!next) return;
      if (old.type === 'file') next.parentNode.replaceChild(old, next);
      else if (this.touched.has(old.id) && 'value' in next) next.value = old.value;
    });
    this.owed = this.touched.size > 0;
    this.swapping = true;
    while (this.firstChild) this.removeChild(this.firstChild);
    this.appendChild(fresh);
    this.swapping = false;
    const again = held && document.getElementById(held.id);
    if (again) {
      again.focus({ preventScroll: true });
      if (typeof held.from === 'number' && again.setSelectionRange) again.setSelectionRange(held.from, held.to);
    }
    if (this.shape() !== before) tell(say('Các mục cần điền đã thay đổi.', 'The questions have changed.'));
  }

  shape() {
    return Array.from(this.querySelectorAll('[name]'), (field) => field.name).join(' ');
  }
}

const address = (form) => new URL(form.getAttribute('action') || '', location.href).href;

const bar = (form) => {
  const box = document.createElement('div');
  const line = document.createElement('progress');
  const text = document.createElement('span');
  box.className = 'progress';
  line.max = 100;
  line.value = 0;
  line.setAttribute('aria-label', say('Tiến độ gửi tệp', 'Upload progress'));
  box.appendChild(line);
  box.appendChild(text);
  form.appendChild(box);
  let spoken = 0;
  return {
    end: () => box.remove(),
    set: (share) => {
      line.value = Math.round(share * 100);
      text.textContent = `${line.value}%`;
      if (line.value >= spoken + 25) {
        spoken = line.value;
        tell(say(`Đã gửi ${spoken}%`, `${spoken}% sent`));
      }
    },
  };
};

const settle = (request, form) => {
  const landed = request.responseURL || address(form);
  const kind = request.getResponseHeader('Content-Type') || '';
  if (request.status < 300 && landed !== address(form)) {
    location.assign(landed);
    return true;
  }
  const page = kind.indexOf('text/html') === 0 && new DOMParser().parseFromString(request.responseText, 'text/html');
  const next = page && page.getElementById('main');
  if (!next) return false;
  document.title = page.title;
  document.getElementById('main').replaceWith(document.importNode(next, true));
  scrollTo(0, 0);
  focusErrors();
  return true;
};

const upload = (form, button) => {
  const data = new FormData(form);
  if (button && button.name) data.append(button.name, button.value);
  const request = new XMLHttpRequest();
  const shown = bar(form);
  const fail = () => {
    shown.end();
    release(form);
    alertIn(form, say('Chưa gửi được. Hãy kiểm tra mạng rồi thử lại; những gì bạn đã điền vẫn còn.', 'Not sent. Check the network and try again; what you entered is still here.'));
  };
  request.open('POST', address(form));
  request.upload.onprogress = (event) => event.lengthComputable && shown.set(event.loaded / event.total);
  request.onerror = fail;
  request.onload = () => settle(request, form) || fail();
  request.send(data);
};

const alertIn = (form, sentence) => {
  const old = form.querySelector('[data-upload-alert]');
  if (old) old.remove();
  const box = document.createElement('p');
  box.className = 'notice bad';
  box.dataset.uploadAlert = '';
  box.setAttribute('role', 'alert');
  box.textContent = sentence;
  form.appendChild(box);
};

const release = (form) => {
  delete form.dataset.sending;
};

const focusErrors = () => {
  const summary = document.querySelector('[data-error-summary]');
  if (summary) summary.focus();
};

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method.toLowerCase() !== 'post') return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = '1';
  setTimeout(() => form.hasAttribute('data-upload') || release(form), 3000);
  if (form.hasAttribute('data-upload')) {
    event.preventDefault();
    upload(form, event.submitter);
  }
});

document.addEventListener('click', (event) => {
  const link = event.target.closest && event.target.closest('[data-error-summary] a');
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  const group = field.closest('.field, .slot') || field;
  group.scrollIntoView({ block: 'start' });
  field.focus({ preventScroll: true });
});

addEventListener('pageshow', () => document.querySelectorAll('form[data-sending]').forEach(release));
customElements.define('form-part', FormPart);
focusErrors();
