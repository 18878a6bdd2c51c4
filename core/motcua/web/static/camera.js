/* <camera-capture for="<id of a file input>" label="Căn cước, mặt trước"></camera-capture>

   Adds a button that opens the camera beneath; each picture becomes a JPEG (quality 0.9, longest side at most
   2,600 px) in the file input, and the input fires `change`. An input with `multiple` collects pictures.
   Where there is no camera, or it is refused, the button goes and a sentence points to the file input.
   The camera runs only while the frame is on screen. The server sees an ordinary file upload. */

import { say, tell } from './words.js';

const LONGEST = 2600;

const button = (text, kind, act) => {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = `button ${kind}`;
  made.textContent = text;
  made.addEventListener('click', act);
  return made;
};

class CameraCapture extends HTMLElement {
  connectedCallback() {
    this.input = document.getElementById(this.getAttribute('for'));
    this.name = this.getAttribute('label') || say('Giấy tờ', 'Paper');
    if (!this.input || !navigator.mediaDevices || typeof DataTransfer !== 'function') return;
    this.starter = button(say('Chụp bằng camera', 'Use the camera'), 'secondary', () => this.start());
    this.appendChild(this.starter);
    this.onhide = () => this.stop();
    addEventListener('pagehide', this.onhide);
  }

  disconnectedCallback() {
    if (this.onhide) removeEventListener('pagehide', this.onhide);
    this.stop();
  }

  async start() {
    try {
      this.film = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: { ideal: 'environment' }, width: { ideal: 2560 }, height: { ideal: 1920 } },
      });
    } catch (refused) {
      this.fallBack();
      return;
    }
    this.starter.hidden = true;
    this.draw();
  }

  draw() {
    this.box = document.createElement('div');
    this.box.className = 'camera';
    this.frame = document.createElement('div');
    this.frame.className = 'camera-frame';
    this.video = document.createElement('video');
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.setAttribute('playsinline', '');
    this.video.setAttribute('aria-label', say(`Hình từ camera: ${this.name}`, `Camera picture: ${this.name}`));
    this.video.srcObject = this.film;
    this.frame.appendChild(this.video);
    this.row = document.createElement('div');
    this.row.className = 'actions';
    this.shoot = button(say('Chụp', 'Take picture'), '', () => this.take());
    this.row.appendChild(this.shoot);
    this.row.appendChild(button(say('Đóng camera', 'Close camera'), 'secondary', () => this.done()));
    this.box.appendChild(this.frame);
    this.box.appendChild(this.row);
    this.appendChild(this.box);
    this.video.play();
    this.shoot.focus();
  }

  async take() {
    const { videoWidth: wide, videoHeight: high } = this.video;
    if (!wide) return;
    const scale = Math.min(1, LONGEST / Math.max(wide, high));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(wide * scale);
    canvas.height = Math.round(high * scale);
    canvas.getContext('2d').drawImage(this.video, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((made) => canvas.toBlob(made, 'image/jpeg', 0.9));
    this.review(canvas, blob);
  }

  review(canvas, blob) {
    this.frame.replaceChild(canvas, this.video);
    while (this.row.firstChild) this.row.removeChild(this.row.firstChild);
    const keep = button(say('Dùng ảnh này', 'Use this picture'), '', () => {
      this.keep(blob);
      this.done();
    });
    this.row.appendChild(keep);
    this.row.appendChild(button(say('Chụp lại', 'Take again'), 'secondary', () => {
      this.box.remove();
      this.draw();
    }));
    tell(say('Đã chụp. Hãy xem ảnh có rõ và đủ bốn góc không.', 'Taken. See whether the picture is sharp and shows all four corners.'));
    keep.focus();
  }

  keep(blob) {
    const files = new DataTransfer();
    if (this.input.multiple) Array.from(this.input.files).forEach((file) => files.items.add(file));
    files.items.add(new File([blob], `anh-${files.items.length + 1}.jpg`, { type: 'image/jpeg' }));
    this.input.files = files.files;
    this.input.dispatchEvent(new Event('change', { bubbles: true }));
    tell(say('Đã thêm ảnh vào hồ sơ.', 'The picture was added.'));
  }

  done() {
    this.stop();
    this.starter.hidden = false;
    this.input.focus();
  }

  stop() {
    if (this.film) this.film.getTracks().forEach((track) => track.stop());
    if (this.box) this.box.remove();
    this.film = null;
    this.box = null;
  }

  fallBack() {
    this.starter.remove();
    const note = document.createElement('p');
    note.className = 'help';
    note.setAttribute('role', 'status');
    note.textContent = say('Không mở được camera. Hãy chọn tệp ảnh đã có.', 'The camera cannot be opened. Please choose a picture you have.');
    this.appendChild(note);
    this.input.focus();
  }
}

customElements.define('camera-capture', CameraCapture);
