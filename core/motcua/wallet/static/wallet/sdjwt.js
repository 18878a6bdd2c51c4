// SD-JWT VC (dc+sd-jwt): read, verify and present (RFC 9901, draft-ietf-oauth-sd-jwt-vc).

import { Refusal, b64uDecode, digestOf, fromUtf8, isObject } from "./bytes.js";
import { publicJwk, signJws } from "./keys.js";
import { readJws, verifyJws } from "./jws.js";

const REGISTERED = new Set(["iss", "vct", "iat", "nbf", "exp", "cnf", "status", "_sd_alg"]);
const NEVER_HIDDEN = new Set(["iss", "vct", "vct#integrity", "nbf", "exp", "cnf", "status"]);
const SKEW = 60;

/** Split a credential; nothing is verified yet. */
export function takeApart(text) {
  if (typeof text !== "string" || !text.includes("~")) throw new Refusal("malformed", "not an SD-JWT");
  const parts = text.split("~");
  const { header, payload } = readJws(parts[0]);
  return { jwt: parts[0], disclosures: parts.slice(1, -1), keyBinding: parts.at(-1), header, payload };
}

/**
 * Verify a credential as its holder receives it.
 *
 * `issuerKey` is the WebCrypto key found for its issuer and kid; `now` is in seconds. Returns claims,
 * issuer, vct, kid, status `{uri, idx}` or null, holderJwk or null, issuedAt and expiresAt or null.
 */
export async function verifyCredential(text, issuerKey, now) {
  const parts = takeApart(text);
  if (parts.keyBinding) throw new Refusal("malformed", "a credential carries no key binding");
  const { header, payload } = await verifyJws(parts.jwt, issuerKey, "dc+sd-jwt");
  if ((payload._sd_alg ?? "sha-256") !== "sha-256") throw new Refusal("unsupported_algorithm", "_sd_alg");
  const opened = assemble(payload, await bookOf(parts.disclosures));
  checkValidity(payload, now);
  if (typeof payload.iss !== "string" || typeof payload.vct !== "string") throw new Refusal("malformed", "iss, vct");
  return {
    claims: Object.fromEntries(Object.entries(opened).filter(([name]) => !REGISTERED.has(name))),
    issuer: payload.iss,
    vct: payload.vct,
    kid: header.kid ?? null,
    status: payload.status?.status_list ?? null,
    holderJwk: payload.cnf?.jwk ?? null,
    issuedAt: payload.iat ?? null,
    expiresAt: payload.exp ?? null,
  };
}

/**
 * Make a presentation that discloses the named top-level claims and proves possession of the key; `more` are
 * further members of the key binding, such as the hashes of what is signed with it.
 */
export async function present(text, reveal, { key, nonce, aud, iat, more = {} }) {
  const parts = takeApart(text);
  const book = await bookOf(parts.disclosures);
  const kept = new Set();
  const top = new Set(Array.isArray(parts.payload._sd) ? parts.payload._sd : []);
  for (const [digest, item] of book) {
    if (top.has(digest) && reveal.includes(item.name)) keep(digest, book, kept);
  }
  for (const [name, value] of Object.entries(parts.payload)) {
    if (reveal.includes(name)) keepBelow(value, book, kept);
  }
  const chosen = [...book].filter(([digest]) => kept.has(digest)).map(([, item]) => item.text);
  const bound = [parts.jwt, ...chosen, ""].join("~");
  const payload = { iat, aud, nonce, sd_hash: await digestOf(bound), ...more };
  return bound + (await signJws(key, { typ: "kb+jwt" }, payload));
}

/** Say whether a credential is bound to this key pair. */
export async function isBoundTo(verified, pair) {
  const jwk = await publicJwk(pair);
  return isObject(verified.holderJwk) && verified.holderJwk.x === jwk.x && verified.holderJwk.y === jwk.y;
}

async function bookOf(texts) {
  const book = new Map();
  for (const text of texts) {
    const digest = await digestOf(text);
    if (book.has(digest)) throw new Refusal("duplicate_digest", "a disclosure is sent twice");
    book.set(digest, readDisclosure(text));
  }
  return book;
}

function readDisclosure(text) {
  let parts;
  try {
    parts = JSON.parse(fromUtf8(b64uDecode(text)));
  } catch {
    throw new Refusal("bad_disclosure", "a disclosure cannot be read");
  }
  const fits = Array.isArray(parts) && (parts.length === 2 || parts.length === 3) && typeof parts[0] === "string";
  if (!fits) throw new Refusal("bad_disclosure", "not an array of two or three");
  if (parts.length === 2) return { text, name: null, value: parts[1] };
  if (typeof parts[1] !== "string" || parts[1] === "_sd" || parts[1] === "...") {
    throw new Refusal("bad_disclosure", "a name that is not allowed");
  }
  return { text, name: parts[1], value: parts[2] };
}

function assemble(payload, book) {
  const walk = { book, met: new Set(), used: new Set() };
  const opened = openObject(payload, walk, NEVER_HIDDEN);
  if (walk.used.size !== book.size) throw new Refusal("bad_disclosure", "a disclosure belongs nowhere");
  return opened;
}

function openValue(value, walk) {
  if (Array.isArray(value)) return openArray(value, walk);
  return isObject(value) ? openObject(value, walk, new Set()) : value;
}

function openObject(value, walk, refused) {
  if (Object.hasOwn(value, "...")) throw new Refusal("malformed", "'...' outside of an array");
  const opened = Object.create(null);
  for (const [name, inner] of Object.entries(value)) {
    if (name !== "_sd" && name !== "_sd_alg") opened[name] = openValue(inner, walk);
  }
  const digests = value._sd ?? [];
  if (!Array.isArray(digests)) throw new Refusal("malformed", "_sd is not an array");
  for (const digest of digests) {
    const item = find(digest, walk);
    if (!item) continue;
    if (item.name === null || item.name in opened || refused.has(item.name)) {
      throw new Refusal("bad_disclosure", "a disclosure in the wrong place");
    }
    opened[item.name] = openValue(item.value, walk);
  }
  return opened;
}

function openArray(values, walk) {
  const opened = [];
  for (const value of values) {
    if (!isObject(value) || Object.keys(value).join() !== "...") {
      opened.push(openValue(value, walk));
      continue;
    }
    const item = find(value["..."], walk);
    if (!item) continue;
    if (item.name !== null) throw new Refusal("bad_disclosure", "a disclosure in the wrong place");
    opened.push(openValue(item.value, walk));
  }
  return opened;
}

function find(digest, walk) {
  if (typeof digest !== "string") throw new Refusal("malformed", "a digest is not a text");
  if (walk.met.has(digest)) throw new Refusal("duplicate_digest", "a digest stands in two places");
  walk.met.add(digest);
  if (walk.book.has(digest)) walk.used.add(digest);
  return walk.book.get(digest);
}

function keep(digest, book, kept) {
  kept.add(digest);
  keepBelow(book.get(digest).value, book, kept);
}

function keepBelow(value, book, kept) {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) {
    const digests = [...(Array.isArray(value._sd) ? value._sd : []), value["..."]];
    for (const digest of digests) if (book.has(digest)) keep(digest, book, kept);
  }
  for (const inner of Object.values(value)) keepBelow(inner, book, kept);
}

function checkValidity(payload, now) {
  for (const name of ["iat", "nbf", "exp"]) {
    if (name in payload && !Number.isFinite(payload[name])) throw new Refusal("malformed", name);
  }
  if ((payload.iat ?? 0) > now + SKEW || (payload.nbf ?? 0) > now + SKEW) {
    throw new Refusal("not_yet_valid", "not valid yet");
  }
  if (payload.exp !== undefined && payload.exp <= now) throw new Refusal("expired", "expired");
}
