// What the wallet says, Vietnamese first. The language of the page decides.

import { EN } from "./en.js";
import { VI } from "./vi.js";

export const TEXTS = { vi: VI, en: EN };

const language = () => (globalThis.document?.documentElement.lang.startsWith("en") ? "en" : "vi");

/** A text of the wallet with its `{values}` filled in. */
export function t(key, values = {}) {
  return fill(TEXTS[language()][key], values);
}

/** The sentence for a failure. */
export function failure(error) {
  const { errors, failed } = TEXTS[language()];
  const code = String(error?.code ?? error?.name ?? "error");
  const reason = Object.hasOwn(errors, code) ? errors[code] : fill(errors.other, { code });
  return fill(failed, { reason });
}

/** The entry of a `display` array in the language of the page. */
export function named(display, fallback) {
  const list = Array.isArray(display) ? display : [];
  const found = list.find((entry) => String(entry?.locale).startsWith(language())) ?? list[0];
  return String(found?.name ?? found?.label ?? fallback);
}

/** A moment in seconds as a date of Vietnam. */
export function day(seconds) {
  return new Date(seconds * 1000).toLocaleDateString(language() === "vi" ? "vi-VN" : "en-GB", {
    day: "2-digit",
    month: "2-digit",
    year: "numeric",
    timeZone: "Asia/Ho_Chi_Minh",
  });
}

/** A moment in seconds with its time of day. */
export function moment(seconds) {
  return new Date(seconds * 1000).toLocaleString(language() === "vi" ? "vi-VN" : "en-GB", {
    timeZone: "Asia/Ho_Chi_Minh",
  });
}

/** An amount in đồng. */
export const money = (amount) => `${amount.toLocaleString(language() === "vi" ? "vi-VN" : "en-GB")} đ`;

/** A claim's value as a line of text. */
export function valueText(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value !== "object") return dated(String(value));
  return Object.values(value).map(valueText).filter(Boolean).join(", ");
}

/** A date as people in Viet Nam write it; any other text as it is. */
function dated(text) {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return found ? `${found[3]}/${found[2]}/${found[1]}` : text;
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
