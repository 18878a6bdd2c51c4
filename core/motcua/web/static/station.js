/* The kiosk's keys.

   [data-keypad="<id of an input>"]: its buttons type their value; value "back" takes one away, "clear" all.
   <button data-screen="lowered">, <button data-screen="strong">: bring the screen down into reach, or show it in
   strong contrast; kept for this person only (sessionStorage, which the privacy wipe clears). */

const press = (input, value) => {
  if (value === 'clear') input.value = '';
  else if (value === 'back') input.value = input.value.slice(0, -1);
  else if (input.maxLength < 0 || input.value.length < input.maxLength) input.value += value;
  input.dispatchEvent(new Event('input', { bubbles: true }));
};

document.querySelectorAll('[data-keypad]').forEach((pad) => {
  const input = document.getElementById(pad.dataset.keypad);
  if (!input) return;
  pad.hidden = false;
  input.setAttribute('inputmode', 'none'); // no second keyboard over this one
  pad.addEventListener('click', (event) => {
    const key = event.target.closest('button');
    if (key) press(input, key.value);
  });
});

const show = (name, on) => {
  document.body.classList.toggle(name, on);
  document.querySelectorAll(`[data-screen="${name}"]`).forEach((key) => key.setAttribute('aria-pressed', String(on)));
};

document.querySelectorAll('[data-screen]').forEach((key) => {
  const name = key.dataset.screen;
  show(name, sessionStorage.getItem(`screen-${name}`) === '1');
  key.addEventListener('click', () => {
    const on = !document.body.classList.contains(name);
    sessionStorage.setItem(`screen-${name}`, on ? '1' : '0');
    show(name, on);
  });
});
