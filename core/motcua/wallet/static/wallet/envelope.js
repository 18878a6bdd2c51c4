// Encrypted credential requests and answers (OpenID4VCI 1.0 sections 8.2, 8.3, 10), above the encryption of the line:
// whoever ends the line between us and the issuer reads neither the keys that are asked for nor the papers that come.

import { Refusal, isObject } from "./bytes.js";
import { AGREEMENT, bestOf, decrypt, encrypt, makeRecipient, recipientOf } from "./jwe.js";
import { jsonOf } from "./net.js";

const MEDIA_TYPE = "application/jwt";

/**
 * Post a request with the token of a grant and read the answer: `{status, body}`. It travels encrypted both ways
 * wherever the issuer offers that in a way we know, and is not sent at all where the issuer demands another.
 */
export async function exchange(client, issuer, address, body, grant) {
  const ways = waysOf(issuer);
  if (!ways.to) {
    const response = await client.json(address, body, grant);
    return { status: response.status, body: await jsonOf(response) };
  }
  const own = ways.enc ? await makeRecipient() : null;
  const wish = own ? { credential_response_encryption: { jwk: own.jwk, enc: ways.enc } } : {};
  const response = await client.sealed(address, await encrypt({ ...body, ...wish }, ways.to), grant);
  return { status: response.status, body: own ? await opened(response, own.pair, ways.enc) : await jsonOf(response) };
}

/** The key to encrypt requests to and the encryption of answers (section 12.2.4); both null for an open exchange. */
export function waysOf({ credential_request_encryption: asked, credential_response_encryption: answered }) {
  const to = isObject(asked) ? recipientOf(asked.jwks, asked.enc_values_supported) : null;
  const known = isObject(answered) && Array.isArray(answered.alg_values_supported) && answered.alg_values_supported.includes(AGREEMENT);
  // A key for the answer may only travel in an encrypted request, or whoever sits between puts in his own.
  const enc = to && known ? (bestOf(answered.enc_values_supported) ?? null) : null;
  if ((asked?.encryption_required && !to) || (answered?.encryption_required && !enc)) {
    throw new Refusal("encryption_unknown", "the issuer demands an encryption that this wallet does not know");
  }
  return { to, enc };
}

/** An answer that was to be encrypted counts only when it is. */
async function opened(response, pair, enc) {
  const kind = response.headers.get("Content-Type") ?? "";
  if (!kind.toLowerCase().startsWith(MEDIA_TYPE)) throw new Refusal("malformed", "the answer is not encrypted");
  return decrypt((await response.text()).trim(), { pair, enc });
}
