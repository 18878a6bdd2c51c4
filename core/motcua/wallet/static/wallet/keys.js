// Keys of the holder: P-256 in WebCrypto. The private key cannot be read out, not even by this program;
// it is a software key all the same, protected by the browser and no hardware.

import { b64u, utf8 } from "./bytes.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };

/** Make a key pair whose private part is not extractable; IndexedDB can store it as it is. */
export async function makeKey() {
  return crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
}

/** The four members of the public JWK, in the order of RFC 7638. */
export async function publicJwk(pair) {
  const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { crv, kty, x, y };
}

export async function importJwk(jwk) {
  const { crv, kty, x, y } = jwk;
  return crypto.subtle.importKey("jwk", { crv, kty, x, y }, CURVE, false, ["verify"]);
}

/** Sign bytes; the result is r || s as JWS wants it. */
export async function signBytes(pair, bytes) {
  return new Uint8Array(await crypto.subtle.sign(SIGNATURE, pair.privateKey, bytes));
}

export async function verifyBytes(publicKey, signature, bytes) {
  return crypto.subtle.verify(SIGNATURE, publicKey, signature, bytes);
}

/** Sign a JSON object as compact JWS with ES256. */
export async function signJws(pair, header, payload) {
  const head = b64u(utf8(JSON.stringify({ alg: "ES256", ...header })));
  const input = `${head}.${b64u(utf8(JSON.stringify(payload)))}`;
  return `${input}.${b64u(await signBytes(pair, utf8(input)))}`;
}
