// Bytes, base64url and hashes. No dependency on the page: node can import this module.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A refusal with a stable code; `texts.js` has a sentence for the person. */
export class Refusal extends Error {
  constructor(code, message) {
    super(message || code);
    this.name = "Refusal";
    this.code = code;
  }
}

export const utf8 = (text) => encoder.encode(text);

export const fromUtf8 = (bytes) => decoder.decode(bytes);

export function b64u(bytes) {
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Decode base64url; one value has exactly one spelling. */
export function b64uDecode(text) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text)) throw new Refusal("malformed", "not base64url");
  const bytes = base64(text.replaceAll("-", "+").replaceAll("_", "/"));
  if (b64u(bytes) !== text) throw new Refusal("malformed", "base64url is not canonical");
  return bytes;
}

/** Decode ordinary base64, as the certificates of `x5c` are written. */
export function base64(text) {
  let raw;
  try {
    raw = atob(text);
  } catch {
    throw new Refusal("malformed", "not base64");
  }
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** The base64url SHA-256 of an ASCII text: digests of disclosures and `sd_hash`. */
export async function digestOf(text) {
  return b64u(await sha256(utf8(text)));
}

/** Parse a JSON object from bytes. */
export function jsonObject(bytes) {
  let value;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch {
    throw new Refusal("malformed", "not JSON");
  }
  if (!isObject(value)) throw new Refusal("malformed", "not a JSON object");
  return value;
}

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

export const randomText = (count = 16) => b64u(crypto.getRandomValues(new Uint8Array(count)));
