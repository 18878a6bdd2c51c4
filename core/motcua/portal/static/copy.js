/* <copy-text for="…" label="…"></copy-text>: a button that hands on the address in an element, by what the device
   shares with where it can, else over the clipboard. Without JavaScript it is marked and copied by hand. */

import { say } from './words.js';

class CopyText extends HTMLElement {
  connectedCallback() {
    const source = document.getElementById(this.getAttribute('for'));
    if (!source || !(navigator.share || navigator.clipboard)) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button secondary';
    button.textContent = this.getAttribute('label');
    this.said = document.createElement('p');
    this.said.setAttribute('role', 'status');
    button.addEventListener('click', () => this.hand(source.textContent.trim()));
    this.append(button, this.said);
  }

  async hand(url) {
    try {
      if (navigator.share) {
        await navigator.share({ url });
        return;
      }
      await navigator.clipboard.writeText(url);
      this.said.textContent = say('Đã sao chép.', 'Copied.');
    } catch (error) {
      if (error.name === 'AbortError') return; // the person thought better of it
      this.said.textContent = say('Máy không cho sao chép: hãy chạm giữ liên kết để chọn.', 'The device does not allow it: hold the link to select it.');
    }
  }
}

customElements.define('copy-text', CopyText);
