/* Keys on the screen for a television without a keyboard: a remote control's arrows walk them, OK presses. */

const code = document.getElementById('f-code');
const keys = Array.from(document.querySelectorAll('[data-key]'));

const press = (key) => {
  const sign = key.getAttribute('data-key');
  code.value = sign === 'back' ? code.value.slice(0, -1) : (code.value + sign).slice(0, 6);
  if (code.value.length === 6) document.querySelector('.pair-form button[type=submit]').focus();
};

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/* The nearest control in that direction. */
const next = (from, [x, y]) => {
  const here = from.getBoundingClientRect();
  const controls = keys.concat(Array.from(document.querySelectorAll('.pair-form button[type=submit], #f-code')));
  const ranked = controls.filter((other) => other !== from).map((other) => {
    const there = other.getBoundingClientRect();
    const along = (there.left + there.width / 2 - here.left - here.width / 2) * x + (there.top + there.height / 2 - here.top - here.height / 2) * y;
    const aside = Math.abs((there.left - here.left) * y) + Math.abs((there.top - here.top) * x);
    return { other, along, far: along + 3 * aside };
  }).filter((one) => one.along > 4).sort((a, b) => a.far - b.far);
  return ranked.length ? ranked[0].other : from;
};

keys.forEach((key) => key.addEventListener('click', () => press(key)));
document.querySelector('.pair-keys').hidden = false;
document.addEventListener('keydown', (event) => {
  const at = document.activeElement;
  const step = STEPS[event.key];
  if (!step || (at === code && step[0])) return;
  event.preventDefault();
  next(at && at !== document.body ? at : code, step).focus();
});
