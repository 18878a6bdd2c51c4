/* <near-me label="…"></near-me> before a list of <li data-latitude data-longitude>: a button that asks the
   browser where it is, only when it is pressed, and puts the nearest first. The place stays in the browser:
   nothing is sent. Without JavaScript the list stands by name. */

import { say, tell } from './words.js';

const DETOUR = 1.3; // as in queues/advice.py: roads are longer than the crow's way

const radians = (degrees) => (degrees * Math.PI) / 180;

const kilometres = (a, b) => {
  const dLat = radians(b.latitude - a.latitude);
  const dLon = radians(b.longitude - a.longitude);
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(dLon / 2) ** 2;
  return DETOUR * 2 * 6371 * Math.asin(Math.sqrt(h));
};

const order = (list, here) => {
  const rows = Array.from(list.children, (row) => {
    const place = { latitude: Number(row.dataset.latitude), longitude: Number(row.dataset.longitude) };
    return { row, km: row.dataset.latitude ? kilometres(here, place) : Infinity };
  });
  rows.sort((a, b) => a.km - b.km).forEach(({ row, km }) => {
    list.appendChild(row);
    const way = row.querySelector('.hall-way');
    if (!way || km === Infinity) return;
    const shown = km.toFixed(1).replace('.', document.documentElement.lang === 'en' ? '.' : ',');
    way.textContent = say(`khoảng ${shown} km đường đi`, `about ${shown} km by road`);
    way.hidden = false;
  });
};

class NearMe extends HTMLElement {
  connectedCallback() {
    const list = document.querySelector('.halls');
    if (!list || !navigator.geolocation) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button secondary';
    button.textContent = this.getAttribute('label');
    const note = document.createElement('p');
    note.className = 'soft small';
    note.textContent = say('Vị trí chỉ dùng trên máy này, không gửi đi.', 'Your position is used on this device alone and is not sent.');
    button.addEventListener('click', () => {
      button.disabled = true;
      navigator.geolocation.getCurrentPosition(
        (found) => {
          order(list, found.coords);
          button.disabled = false;
          tell(say('Đã xếp theo khoảng cách.', 'Sorted by distance.'));
        },
        () => {
          button.disabled = false;
          note.textContent = say('Không xác định được vị trí; danh sách xếp theo tên.', 'Your position is not known; the list is sorted by name.');
          tell(note.textContent);
        },
        { maximumAge: 300000, timeout: 10000 },
      );
    });
    this.append(button, note);
  }
}

customElements.define('near-me', NearMe);
