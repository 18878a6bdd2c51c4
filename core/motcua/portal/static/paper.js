/* <paper-check> checks the code of a paper copy in this browser. With `data-code` it reads this page's own address;
   with `data-ask` it also lets one paste the text of a code, or photograph it. Keys are fetched, kept, and used from
   there when there is no network. What stands in the code is shown and sent nowhere. */

import { Refused, verifyPaper, verifyPaperHere } from './papercode.js';
import { say, tell } from './words.js';

const KEYS = '/.well-known/motcua-paper-keys';
const KEPT = 'motcua-paper-keys';

/* The keys of all provinces: from the network when there is one, else those that were kept. */
const keys = async () => {
  try {
    const answer = await fetch(KEYS, { signal: AbortSignal.timeout(4000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const [, payload] = (await answer.text()).split('.');
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const found = JSON.parse(new TextDecoder().decode(bytes));
    localStorage.setItem(KEPT, JSON.stringify(found));
    return found;
  } catch (error) {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? 'null');
    if (!kept) throw new Refused('no_keys');
    if (kept.exp <= Date.now() / 1000) throw new Refused('old_keys');
    return kept;
  }
};

const REFUSALS = {
  malformed: ['Mã này không phải mã của giấy tờ, hoặc bị mất một phần. Hãy quét lại cả mã.', 'This is no code of a paper, or a part of it is missing. Scan the whole code again.'],
  unsupported_algorithm: ['Mã này không được ký theo cách được chấp nhận. Đừng dùng giấy này.', 'This code is not signed in an accepted way. Do not rely on this paper.'],
  unknown_key: ['Không cơ quan nào ở đây ký mã này. Giấy tờ có thể là giả.', 'No office here signed this code. The paper may be forged.'],
  untrusted_issuer: ['Chữ ký không phải của cơ quan ghi trong mã. Giấy tờ có thể là giả.', 'The signature is not that of the office in the code. The paper may be forged.'],
  revoked_key: ['Giấy được ký bằng khóa đã bị thu hồi. Đừng dùng giấy này.', 'The paper was signed with a key that was withdrawn. Do not rely on it.'],
  bad_signature: ['Nội dung mã đã bị sửa. Giấy tờ là giả.', 'The content of the code was changed. The paper is forged.'],
  from_the_future: ['Ngày cấp nằm trong tương lai. Hãy xem lại đồng hồ của máy này.', 'The day of issue lies in the future. Check the clock of this device.'],
  no_keys: ['Chưa có danh sách khóa trên máy này. Hãy mở trang này một lần khi có mạng.', 'There is no list of keys on this device yet. Open this page once with a network.'],
  old_keys: ['Danh sách khóa trên máy này đã quá 30 ngày. Hãy mở trang này khi có mạng.', 'The list of keys on this device is older than 30 days. Open this page with a network.'],
};

const made = (tag, text = '', className = '') => {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
};

const day = (seconds) => {
  const [year, month, date] = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Ho_Chi_Minh' }).format(seconds * 1000).split('-');
  return `${date}/${month}/${year}`;
};

/* What the code says; on the paper's own page only what does not stand there already. */
const facts = (paper, alone) => {
  const list = made('dl', '', 'summary');
  const rows = [
    [say('Cấp cho', 'Issued to'), paper.holder],
    [say('Số', 'Number'), paper.number],
    [say('Tên giấy tờ', 'Paper'), paper.title],
    [say('Cơ quan cấp', 'Issued by'), `${paper.unit} (${paper.issuer})`],
    [say('Ngày cấp', 'Day of issue'), day(paper.issued)],
    [say('Có giá trị đến', 'Valid until'), paper.ends === undefined ? say('Không thời hạn', 'No end') : day(paper.ends)],
  ];
  (alone ? rows : rows.slice(0, 2)).forEach(([label, value]) => {
    const row = made('div');
    row.append(made('dt', label), made('dd', value));
    list.append(row);
  });
  return list;
};

const notice = (tone, sentence) => {
  const box = made('div', '', `notice ${tone}`);
  box.append(made('p', sentence));
  return box;
};

const GENUINE = ['Mã trên giấy là thật. Hãy so từng dòng dưới đây với tờ giấy.', 'The code on the paper is genuine. Compare each line below with the paper.'];
const EXPIRED = ['Mã trên giấy là thật, nhưng giấy đã hết hạn.', 'The code on the paper is genuine, but the paper has expired.'];
const UNKNOWN = [
  'Mã không cho biết giấy có bị thu hồi sau ngày cấp hay không: điều đó chỉ biết được khi có mạng.',
  'The code does not say whether the paper was withdrawn later: only the network knows.',
];

class PaperCheck extends HTMLElement {
  connectedCallback() {
    this.result = made('div');
    if (this.hasAttribute('data-ask')) this.append(this.asking());
    this.append(this.result);
    const code = this.dataset.code ?? /^\/(?:V|verify)\/([A-Z0-9]{6,40})$/i.exec(location.pathname)?.[1];
    if (code && location.hash.length > 100) this.check(`${location.origin}/V/${code}${location.hash}`, verifyPaperHere);
    keys().catch(() => {});
    navigator.serviceWorker?.register('/verify/worker.js', { scope: '/verify/' }).catch(() => {});
    navigator.serviceWorker?.register('/verify/worker.js', { scope: '/V/' }).catch(() => {});
  }

  asking() {
    const form = made('form');
    const label = made('label', say('Nội dung mã QR', 'Text of the QR code'));
    const hint = made('p', say('Quét bằng máy ảnh rồi dán vào đây, hoặc chụp mã.', 'Scan it with a camera and paste it here, or photograph it.'), 'help');
    const area = made('textarea');
    area.id = 'paper-text';
    label.htmlFor = area.id;
    area.rows = 4;
    area.className = 'input';
    area.autocapitalize = 'off';
    area.spellcheck = false;
    const button = made('button', say('Kiểm tra', 'Check'), 'button');
    const photo = made('input');
    Object.assign(photo, { type: 'file', accept: 'image/*', id: 'paper-photo', className: 'input file' });
    photo.setAttribute('capture', 'environment');
    const photoLabel = made('label', say('Hoặc ảnh chụp mã', 'Or a photograph of the code'));
    photoLabel.htmlFor = photo.id;
    const fields = [made('div', '', 'field'), made('div', '', 'field')];
    fields[0].append(label, hint, area);
    fields[1].append(photoLabel, photo);
    const actions = made('div', '', 'actions');
    actions.append(button);
    form.append(fields[0], fields[1], actions);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.check(area.value);
    });
    photo.addEventListener('change', () => this.photographed(photo.files[0]));
    return form;
  }

  /* The picture is read on this device: by the browser, or by our own reader where the browser has none. */
  async photographed(file) {
    if (!file) return;
    try {
      const picture = await createImageBitmap(file);
      this.check(await this.read(picture));
    } catch (error) {
      this.show(notice('warn', say('Không đọc được mã trong ảnh. Hãy chụp gần, rõ nét, đủ bốn góc mã.', 'No code was found in the picture. Come closer, hold still, show all four corners.')));
    }
  }

  async read(picture) {
    if ('BarcodeDetector' in window) {
      const found = await new window.BarcodeDetector({ formats: ['qr_code'] }).detect(picture);
      if (found.length) return found[0].rawValue;
    }
    const scale = Math.min(1, 1600 / Math.max(picture.width, picture.height));
    const canvas = made('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const drawing = canvas.getContext('2d');
    drawing.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const { readCode } = await import('./wallet/qrread.js');
    const text = readCode(drawing.getImageData(0, 0, canvas.width, canvas.height));
    if (text === null) throw new Error('no code');
    return text;
  }

  async check(text, verify = verifyPaper) {
    try {
      const paper = await verify(text, await keys());
      const [tone, said] = paper.expired ? ['warn', EXPIRED] : ['ok', GENUINE];
      const box = notice(tone, say(...said));
      const unknown = made('p', say(...UNKNOWN));
      const more = made('p');
      const link = made('a', say('Xem giấy hiện còn hiệu lực không (cần mạng)', 'See whether it is in force now (needs a network)'));
      link.href = paper.address.replace('/V/', '/verify/').replace(/^(https?:\/\/)[^/]+/i, (_, scheme) => scheme.toLowerCase() + paper.home);
      more.append(link);
      const alone = this.hasAttribute('data-ask');
      this.show(box, facts(paper, alone), ...(alone ? [unknown, more] : []));
    } catch (error) {
      const [vi, en] = REFUSALS[error instanceof Refused ? error.message : 'malformed'] ?? REFUSALS.malformed;
      this.show(notice(['no_keys', 'old_keys'].includes(error.message) ? 'warn' : 'bad', say(vi, en)));
    }
  }

  show(...parts) {
    const title = made('h2', say('Mã QR trên giấy', 'The code on the paper'));
    this.result.replaceChildren(title, ...parts);
    tell(parts[0].textContent);
  }
}

customElements.define('paper-check', PaperCheck);
