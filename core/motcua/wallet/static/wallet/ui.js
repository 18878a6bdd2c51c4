// Building the screens. Every text goes into the page as text, never as markup.

import { failure, t } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: `h("p", {class: "notice"}, "text", child)`; a function as property is a listener. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Replace what the wallet shows and move the focus to its heading. */
export function show(root, ...children) {
  delete document.body.dataset.screen;
  root.replaceChildren(...children.flat().filter(Boolean));
  const heading = root.querySelector("h1, h2");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus();
  root.removeAttribute("aria-busy");
}

export function showWorking(root) {
  root.setAttribute("aria-busy", "true");
  root.replaceChildren(h("p", { class: "notice", role: "status" }, t("working")));
}

export function notice(text, tone = "ok") {
  return h("p", { class: `notice ${tone}`, role: "status" }, text);
}

export function errorText(error) {
  return h("p", { class: "notice bad", role: "alert" }, failure(error));
}

/** A button that cannot be pressed twice; a failure is shown beside it. */
export function button(label, work, { secondary = false, plain = false } = {}) {
  const look = plain ? " plain" : secondary ? " secondary" : "";
  const element = h("button", { type: "button", class: `button${look}` }, label);
  element.addEventListener("click", async () => {
    element.disabled = true;
    element.parentElement?.querySelector(":scope > .notice.bad")?.remove();
    try {
      await work();
    } catch (error) {
      console.warn(error);
      element.parentElement?.append(errorText(error));
    } finally {
      element.disabled = false;
    }
  });
  return element;
}

/** A button for what cannot be undone: it asks once more in its own place. */
export function askTwice(label, question, work) {
  const box = h("div", { class: "ask-twice" });
  const first = button(label, () => {
    const no = button(t("no"), () => {
      box.replaceChildren(first);
      first.focus();
    }, { secondary: true });
    box.replaceChildren(h("p", { role: "alert" }, question), actions(button(t("yesDelete"), work), no));
    no.focus();
  }, { plain: true });
  box.append(first);
  return box;
}

/** Pairs of label and value. */
export function pairs(entries) {
  return h("dl", { class: "summary" }, ...entries.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))));
}

/** The buttons below what they decide on. */
export function actions(...buttons) {
  return h("div", { class: "actions" }, ...buttons);
}

/** The face of a paper: who issued it, what it is, whose it is. */
export function pass({ issuerName, title, holder, ended = false, href, heading = "p" }) {
  return h(
    href ? "a" : "div",
    { class: ended ? "pass ended" : "pass", href },
    h("p", {}, issuerName),
    h(heading, { class: "pass-title" }, title),
    holder ? h("p", { class: "pass-holder" }, holder) : null,
  );
}

/** A labelled input with its help. */
export function field(id, label, help, attributes) {
  const input = h("input", { id, name: id, class: "input short digits", "aria-describedby": `${id}-help`, ...attributes });
  const box = h("div", { class: "field" }, h("label", { for: id }, label), h("p", { id: `${id}-help`, class: "help" }, help), input);
  return { box, input };
}

/** One choice of several, as boxes to press; `options` are `[value, ...what stands in it]`. */
export function choose(name, legend, options, changed) {
  const inputs = options.map(([value, ...content], number) => {
    const input = h("input", { type: "radio", name, value, checked: number === 0, change: () => changed(value) });
    return h("label", { class: "option" }, input, h("span", {}, ...content));
  });
  return h("fieldset", { class: "field" }, h("legend", {}, legend), h("div", { class: "options boxed" }, ...inputs));
}

/** A QR code of rows of booleans, with its title. */
export function drawCode(rows, title) {
  const size = rows.length + 8;
  const d = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join("");
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": title, class: "code-drawn" })) {
    svg.setAttribute(key, value);
  }
  for (const [shape, look] of [[`M0 0h${size}v${size}h-${size}z`, "code-light"], [d, "code-dark"]]) {
    const part = document.createElementNS(SVG, "path");
    part.setAttribute("d", shape);
    part.setAttribute("class", look);
    svg.append(part);
  }
  return svg;
}
