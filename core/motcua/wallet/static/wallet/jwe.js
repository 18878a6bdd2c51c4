// Encrypting an answer to its verifier: compact JWE, ECDH-ES on P-256 with A128GCM or A256GCM (RFC 7516, 7518).

import { Refusal, b64u, isObject, utf8 } from "./bytes.js";
import { publicJwk } from "./keys.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const BITS = { A256GCM: 256, A128GCM: 128 };

/** The verifier's key and the encryption to use, from `client_metadata` (OpenID4VP 1.0 section 8.3). */
export function encryptionOf(metadata) {
  const keys = isObject(metadata?.jwks) && Array.isArray(metadata.jwks.keys) ? metadata.jwks.keys : [];
  const jwk = keys.find((key) => isObject(key) && key.kty === "EC" && key.crv === "P-256" && key.alg === "ECDH-ES");
  const offered = metadata?.encrypted_response_enc_values_supported ?? ["A128GCM"];
  const enc = Object.keys(BITS).find((name) => Array.isArray(offered) && offered.includes(name));
  if (!jwk || !enc) throw new Refusal("malformed", "no key to encrypt the answer to");
  return { jwk, enc };
}

/** Encrypt a JSON object. */
export async function encrypt(payload, { jwk, enc }) {
  const own = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const epk = await publicJwk(own);
  const header = { alg: "ECDH-ES", enc, ...(typeof jwk.kid === "string" ? { kid: jwk.kid } : {}), epk };
  const head = b64u(utf8(JSON.stringify(header)));
  const key = await agreed(own.privateKey, await theirs(jwk), enc);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const parameters = { name: "AES-GCM", iv, additionalData: utf8(head), tagLength: 128 };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, key, utf8(JSON.stringify(payload))));
  // With direct agreement the encrypted key is empty.
  return [head, "", b64u(iv), b64u(sealed.slice(0, -16)), b64u(sealed.slice(-16))].join(".");
}

async function theirs({ kty, crv, x, y }) {
  try {
    return await crypto.subtle.importKey("jwk", { kty, crv, x, y }, CURVE, false, []);
  } catch {
    throw new Refusal("malformed", "the key for the answer cannot be used");
  }
}

/** Derive the content key (RFC 7518 section 4.6.2, one round of the concatenation KDF). */
async function agreed(privateKey, publicKey, enc) {
  const secret = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: publicKey }, privateKey, 256));
  const input = [number(1), secret, withLength(utf8(enc)), number(0), number(0), number(BITS[enc])];
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(input).arrayBuffer());
  return crypto.subtle.importKey("raw", hash.slice(0, BITS[enc] / 8), "AES-GCM", false, ["encrypt"]);
}

function number(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const withLength = (bytes) => new Uint8Array([...number(bytes.length), ...bytes]);
