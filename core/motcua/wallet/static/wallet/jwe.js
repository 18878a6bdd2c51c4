// Encryption to a published key, and to one of ours: compact JWE, ECDH-ES on P-256 with A128GCM or A256GCM (RFC 7516,
// 7518). Nothing is compressed, and what comes compressed is refused: a few bytes could pretend to be gigabytes.

import { Refusal, b64u, b64uDecode, isObject, jsonObject, utf8 } from "./bytes.js";
import { publicJwk } from "./keys.js";

export const AGREEMENT = "ECDH-ES";
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const BITS = { A256GCM: 256, A128GCM: 128 };

/** The verifier's key and the encryption to use, from `client_metadata` (OpenID4VP 1.0 section 8.3). */
export function encryptionOf(metadata) {
  const found = recipientOf(metadata?.jwks, metadata?.encrypted_response_enc_values_supported ?? ["A128GCM"]);
  if (!found) throw new Refusal("malformed", "no key to encrypt the answer to");
  return found;
}

/** The first key of a JWK set that we can encrypt to, with the best encryption offered; null when there is none. */
export function recipientOf(jwks, offered) {
  const keys = isObject(jwks) && Array.isArray(jwks.keys) ? jwks.keys : [];
  const jwk = keys.find((key) => isObject(key) && key.kty === "EC" && key.crv === "P-256" && key.alg === AGREEMENT);
  const enc = bestOf(offered);
  return jwk && enc ? { jwk, enc } : null;
}

/** The best encryption that both sides know; undefined when there is none. */
export const bestOf = (offered) => Object.keys(BITS).find((name) => Array.isArray(offered) && offered.includes(name));

/** Make a key pair for one answer; its private part cannot be read out and is kept nowhere. */
export async function makeRecipient() {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  return { pair, jwk: { ...(await publicJwk(pair)), alg: AGREEMENT, use: "enc" } };
}

/** Encrypt a JSON object. */
export async function encrypt(payload, { jwk, enc }) {
  const own = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const epk = await publicJwk(own);
  const header = { alg: AGREEMENT, enc, ...(typeof jwk.kid === "string" ? { kid: jwk.kid } : {}), epk };
  const head = b64u(utf8(JSON.stringify(header)));
  const key = await agreed(own.privateKey, await theirs(jwk), { enc }, "encrypt");
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const parameters = { name: "AES-GCM", iv, additionalData: utf8(head), tagLength: 128 };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, key, utf8(JSON.stringify(payload))));
  // With direct agreement the encrypted key is empty.
  return [head, "", b64u(iv), b64u(sealed.slice(0, -16)), b64u(sealed.slice(-16))].join(".");
}

/** Decrypt a JSON object that was to be encrypted to `pair` with `enc`, and in no other way. */
export async function decrypt(token, { pair, enc }) {
  const parts = typeof token === "string" ? token.split(".") : [];
  if (parts.length !== 5 || parts[1] !== "") throw new Refusal("malformed", "not a compact JWE of direct agreement");
  const [iv, sealed, tag] = parts.slice(2).map(b64uDecode);
  const header = jsonObject(b64uDecode(parts[0]));
  if (header.alg !== AGREEMENT || header.enc !== enc || "zip" in header || "crit" in header) {
    throw new Refusal("unsupported_algorithm", `only ${AGREEMENT} with ${enc}, not compressed`);
  }
  if (iv.length !== 12 || tag.length !== 16) throw new Refusal("malformed", "a wrong length");
  const key = await agreed(pair.privateKey, await theirs(isObject(header.epk) ? header.epk : {}), header, "decrypt");
  const parameters = { name: "AES-GCM", iv, additionalData: utf8(parts[0]), tagLength: 128 };
  let open;
  try {
    open = await crypto.subtle.decrypt(parameters, key, new Uint8Array([...sealed, ...tag]));
  } catch {
    throw new Refusal("malformed", "it cannot be decrypted");
  }
  return jsonObject(new Uint8Array(open));
}

async function theirs({ kty, crv, x, y }) {
  try {
    return await crypto.subtle.importKey("jwk", { kty, crv, x, y }, CURVE, false, []);
  } catch {
    throw new Refusal("malformed", "the key of the other side cannot be used");
  }
}

/** Derive the content key (RFC 7518 section 4.6.2, one round of the concatenation KDF). */
async function agreed(privateKey, publicKey, { enc, apu, apv }, use) {
  const secret = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: publicKey }, privateKey, 256));
  const parties = [apu, apv].map((party) => withLength(party === undefined ? new Uint8Array() : b64uDecode(party)));
  const input = [number(1), secret, withLength(utf8(enc)), ...parties, number(BITS[enc])];
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(input).arrayBuffer());
  return crypto.subtle.importKey("raw", hash.slice(0, BITS[enc] / 8), "AES-GCM", false, [use]);
}

function number(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const withLength = (bytes) => new Uint8Array([...number(bytes.length), ...bytes]);
