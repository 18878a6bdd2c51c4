// The keys that nobody believes any more, as the signed trust list of the issuer's province names them. What such a
// key signed may come from a thief, whatever a status list says of it.

import { Refusal } from "./bytes.js";
import { readJws, verifyJws } from "./jws.js";
import { ask } from "./net.js";
import { takeApart } from "./sdjwt.js";
import { checkChain, keyOf, readCertificate, thumbprintOf } from "./x509.js";

const NAME = "motcua-trust-list";
const TYPE = `${NAME}+jwt`;
const SKEW = 60;

/** Say whether a key that was lost vouches for a credential: its signer's, or an authority's above. */
export async function isSignedByLostKey(fetcher, credential, issuer, roots, now) {
  const lost = await lostKeys(fetcher, issuer, roots, now);
  if (!lost.size) return false;
  const { header } = takeApart(credential);
  const chain = Array.isArray(header.x5c) ? header.x5c.map(readCertificate) : [];
  const kids = [header.kid, ...(await Promise.all(chain.map(thumbprintOf)))];
  return kids.some((kid) => lost.has(kid));
}

/** The thumbprints (RFC 7638) of lost keys; asked at the server each time, which says when nothing is new. */
async function lostKeys(fetcher, issuer, roots, now) {
  const address = `${issuer}/.well-known/${NAME}`;
  const response = await ask(fetcher, address, { headers: { Accept: `application/${TYPE}` }, cache: "no-cache" });
  return readTrustList((await response.text()).trim(), issuer, roots, now);
}

/** Verify a trust list of the province at `issuer`; returns the keys it calls lost. */
export async function readTrustList(token, issuer, roots, now) {
  const { header } = readJws(token);
  const chain = Array.isArray(header.x5c) && header.x5c.length ? header.x5c.map(readCertificate) : null;
  if (!chain) throw new Refusal("untrusted_certificate", "nobody vouches for the trust list");
  await checkChain(chain, roots.map(readCertificate), now);
  const { payload } = await verifyJws(token, await keyOf(chain[0]), TYPE);
  if (payload.iss !== issuer || !chain[0].hosts.includes(new URL(issuer).hostname)) {
    throw new Refusal("untrusted_issuer", "the trust list is another province's");
  }
  if (!Number.isFinite(payload.iat) || payload.iat > now + SKEW) throw new Refusal("not_yet_valid", "a list of the future");
  if (!Number.isFinite(payload.exp) || payload.exp <= now) throw new Refusal("expired", "the trust list has expired");
  const lost = payload.revoked_keys ?? [];
  if (!Array.isArray(lost) || lost.some((kid) => typeof kid !== "string")) throw new Refusal("malformed", "revoked_keys");
  return new Set(lost);
}
