/* The desk's keys: <button data-key="F2"> or <a data-key="Alt+1"> is pressed by that key, wherever the focus is.
   Show the key beside the words (<kbd>F2</kbd>). Only F-keys and combinations with Alt: plain letters belong to the
   scanner and to whoever types (WCAG 2.1.4). Ctrl+P etc. stay the browser's. <button data-print> prints the page. */

const named = (event) => (event.altKey ? 'Alt+' : '') + (event.key.length === 1 ? event.key.toUpperCase() : event.key);

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.repeat || !event.key) return;
  if (!event.altKey && !/^F\d+$/.test(event.key)) return;
  const wanted = named(event);
  const target = Array.from(document.querySelectorAll('[data-key]')).find((key) => key.dataset.key === wanted);
  if (!target || target.disabled) return;
  event.preventDefault();
  target.click();
});

document.addEventListener('click', (event) => {
  if (event.target.closest && event.target.closest('[data-print]')) print();
});
