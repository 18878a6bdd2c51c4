// HTTP for the wallet. `fetch` is handed in, so that tests can answer.

import { Refusal, isObject } from "./bytes.js";

/** A well-known document stands between host and path (RFC 8615, RFC 8414). */
export function wellKnown(issuer, name) {
  const url = new URL(issuer);
  return `${url.origin}/.well-known/${name}${url.pathname.replace(/\/$/, "")}`;
}

/** Refuse plain http, except on this very computer. */
export function checkAddress(address) {
  let url;
  try {
    url = new URL(address);
  } catch {
    throw new Refusal("malformed", "not an address");
  }
  const local = url.hostname === "localhost" || url.hostname.endsWith(".localhost") || url.hostname === "127.0.0.1";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && local)) {
    throw new Refusal("insecure_address", "an address must use https");
  }
  return url;
}

/** Fetch and return the response; an error answer becomes a Refusal with the other side's own code. */
export async function ask(fetcher, address, options = {}) {
  checkAddress(address);
  let response;
  try {
    response = await fetcher(address, { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", ...options });
  } catch {
    throw new Refusal("unreachable", "the other side does not answer");
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  const code = isObject(body) && typeof body.error === "string" ? body.error : `http_${response.status}`;
  const refusal = new Refusal(code, isObject(body) ? body.error_description : undefined);
  refusal.nonce = response.headers.get("DPoP-Nonce");
  throw refusal;
}

export async function askJson(fetcher, address, options = {}) {
  return jsonOf(await ask(fetcher, address, { headers: { Accept: "application/json" }, ...options }));
}

/** The JSON object of an answer. */
export async function jsonOf(response) {
  const body = response.status === 204 ? {} : await response.json().catch(() => null);
  if (!isObject(body)) throw new Refusal("malformed", "the answer is not a JSON object");
  return body;
}

/** Fetch a metadata document and check that it speaks of the address that was asked. */
export async function metadata(fetcher, issuer, name, member) {
  const found = await askJson(fetcher, wellKnown(issuer, name));
  if (found[member] !== issuer) throw new Refusal("malformed", `${member} is not the address asked`);
  return found;
}

/** The published keys of an issuer (SD-JWT VC section 5). */
export async function issuerKeys(fetcher, issuer) {
  const found = await metadata(fetcher, issuer, "jwt-vc-issuer", "issuer");
  return found.jwks_uri ? askJson(fetcher, found.jwks_uri) : (found.jwks ?? {});
}
