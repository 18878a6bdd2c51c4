// What a person brings to the wallet: a link, a scanned code or an offer as text.

import { Refusal, isObject } from "./bytes.js";

const OFFER = new Set(["openid-credential-offer:", "haip-vci:"]);
const REQUEST = new Set(["openid4vp:", "haip-vp:"]);
const WEB = new Set(["https:", "http:"]);

/** Say what an address asks of the wallet: `offer`, `request`, `answer` of a sign-in, or null. */
export function purposeOf(parameters) {
  if (parameters.has("credential_offer_uri") || parameters.has("credential_offer")) return "offer";
  if (parameters.has("request_uri") && parameters.has("client_id")) return "request";
  if (parameters.has("state") && (parameters.has("code") || parameters.has("error"))) return "answer";
  return null;
}

/** Read pasted or scanned text; returns the parameters of an offer or a request. */
export function readLink(text) {
  const bare = text.trim();
  if (bare.startsWith("{")) return offerOf(bare);
  let url;
  try {
    url = new URL(bare);
  } catch {
    throw new Refusal("unknown_link", "not an address");
  }
  const purpose = purposeOf(url.searchParams);
  const fits =
    (OFFER.has(url.protocol) && purpose === "offer") ||
    (REQUEST.has(url.protocol) && purpose === "request") ||
    (WEB.has(url.protocol) && (purpose === "offer" || purpose === "request"));
  if (!fits) throw new Refusal("unknown_link", "neither an offer nor a request");
  return url.searchParams;
}

function offerOf(text) {
  try {
    const value = JSON.parse(text);
    if (isObject(value) && typeof value.credential_issuer === "string") {
      return new URLSearchParams({ credential_offer: text });
    }
  } catch {
    // falls through to the refusal
  }
  throw new Refusal("unknown_link", "not an offer");
}
