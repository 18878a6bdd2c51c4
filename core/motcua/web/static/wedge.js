/* A scanner that types (a keyboard wedge): card QR, document QR, machine-readable lines.

   <form method="post" action="…" data-wedge> <input name="scan" data-wedge-input> <button>…</button> </form>
   Characters that arrive while no field has the focus go to the input. A fast burst (on average at most 60 ms
   a character) of at least `data-wedge-min` characters (6) is sent after 300 ms of quiet: that, not Enter, marks
   its end, since some scanners send several lines. Use <textarea rows="1"> to keep line ends; in an <input> they
   become "|". Slow typing is a person's: it is sent by Enter or by the button.
   The server receives the form as always. `data-wedge="always"`: the focus returns when it falls nowhere (kiosk).
   Event `wedge:scan` (bubbles, cancelable, detail {text, ms}) is fired before sending; preventDefault() keeps it. */

const QUIET = 300;
const PACE = 60;

const free = () => {
  const at = document.activeElement;
  return !at || at === document.body || !at.matches('input, textarea, select, [contenteditable]');
};

const set = (form) => {
  const input = form.querySelector('[data-wedge-input]');
  const least = Number(form.dataset.wedgeMin || 6);
  let first = 0;
  let last = 0;
  let timer = 0;

  const fast = () => input.value.length >= least && last - first <= PACE * input.value.length;

  const send = () => {
    const text = input.value.trim();
    const go = form.dispatchEvent(new CustomEvent('wedge:scan', { bubbles: true, cancelable: true, detail: { text, ms: last - first } }));
    if (!go) {
      input.value = '';
    } else if (form.requestSubmit) {
      form.requestSubmit();
    } else {
      form.submit();
    }
  };

  const beat = () => {
    const now = Date.now();
    if (now - last > QUIET) first = now;
    last = now;
    clearTimeout(timer);
    timer = setTimeout(() => fast() && send(), QUIET);
  };

  input.addEventListener('input', beat);

  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'Tab') return;
    if (Date.now() - last > QUIET || !fast()) return;
    event.preventDefault(); // the end of a line within a burst
    input.value += input.tagName === 'TEXTAREA' ? '\n' : '|';
    beat();
  });

  // In a textarea Enter is a person's wish to send, too.
  input.addEventListener('keyup', (event) => {
    if (event.key === 'Enter' && input.tagName === 'TEXTAREA' && !fast() && input.value.trim()) send();
  });

  document.addEventListener('keydown', (event) => {
    const letter = event.key && event.key.length === 1 && event.key !== ' ';
    if (!letter || event.ctrlKey || event.altKey || event.metaKey || !free()) return;
    input.value = '';
    input.focus({ preventScroll: true }); // the character itself follows the focus
  });

  if (form.dataset.wedge === 'always') {
    document.addEventListener('click', () => setTimeout(() => {
      if (document.activeElement === document.body) input.focus({ preventScroll: true });
    }, 0));
  }
};

document.querySelectorAll('form[data-wedge]').forEach((form) => set(form));
