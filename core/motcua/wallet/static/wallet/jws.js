// Reading and verifying compact JWS: ES256 only, with the type the caller expects.

import { Refusal, b64uDecode, isObject, jsonObject, utf8 } from "./bytes.js";
import { importJwk, verifyBytes } from "./keys.js";

/** Take a JWS apart without checking it. */
export function readJws(token) {
  const parts = typeof token === "string" ? token.split(".") : [];
  if (parts.length !== 3 || parts.some((part) => !part)) throw new Refusal("malformed", "not a compact JWS");
  const header = jsonObject(b64uDecode(parts[0]));
  if (header.alg !== "ES256" || "crit" in header || "b64" in header) {
    throw new Refusal("unsupported_algorithm", "only ES256 is accepted");
  }
  return { header, payload: jsonObject(b64uDecode(parts[1])) };
}

/** Verify a JWS with a WebCrypto key and return its header and payload. */
export async function verifyJws(token, publicKey, typ) {
  const found = readJws(token);
  if (found.header.typ !== typ) throw new Refusal("wrong_type", `typ must be ${typ}`);
  const cut = token.lastIndexOf(".");
  const signature = b64uDecode(token.slice(cut + 1));
  if (!(await verifyBytes(publicKey, signature, utf8(token.slice(0, cut))))) {
    throw new Refusal("bad_signature", "the signature does not match");
  }
  return found;
}

/** Find the key with this id in a JWK set and import it. */
export async function keyFrom(jwks, kid) {
  const keys = isObject(jwks) && Array.isArray(jwks.keys) ? jwks.keys : [];
  const found = keys.filter((key) => isObject(key) && key.kid === kid);
  if (typeof kid !== "string" || found.length !== 1) throw new Refusal("untrusted_issuer", "no key with this id");
  try {
    return await importJwk(found[0]);
  } catch {
    throw new Refusal("untrusted_issuer", "the key of the issuer cannot be used");
  }
}
