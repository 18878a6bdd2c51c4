// Building the screens. Every text goes into the page as text, never as markup.

import { failure, t } from "./texts.js";

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

export function notice(text) {
  return h("p", { class: "notice ok", role: "status" }, text);
}

export function errorText(error) {
  return h("p", { class: "notice bad", role: "alert" }, failure(error));
}

/** A button that cannot be pressed twice; a failure is shown beside it. */
export function button(label, work, { secondary = false } = {}) {
  const element = h("button", { type: "button", class: secondary ? "button secondary" : "button" }, label);
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

/** Pairs of label and value. */
export function pairs(entries) {
  return h("dl", { class: "summary" }, ...entries.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))));
}

/** The buttons below what they decide on. */
export function actions(...buttons) {
  return h("div", { class: "actions" }, ...buttons);
}

/** The face of a paper: who issued it, what it is, whose it is. */
export function pass(issuer, title, holder, ended) {
  return h(
    "div",
    { class: ended ? "pass ended" : "pass" },
    h("p", {}, issuer),
    h("p", { class: "pass-title" }, title),
    holder ? h("p", { class: "pass-holder" }, holder) : null,
  );
}

/** A labelled input with its help. */
export function field(id, label, help, attributes) {
  const input = h("input", { id, name: id, class: "input short digits", "aria-describedby": `${id}-help`, ...attributes });
  const box = h("div", { class: "field" }, h("label", { for: id }, label), h("p", { id: `${id}-help`, class: "help" }, help), input);
  return { box, input };
}
