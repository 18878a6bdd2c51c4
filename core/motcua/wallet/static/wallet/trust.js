// Who vouches for an issuer: the certificates of a credential, up to a root this wallet knows.

import { Refusal } from "./bytes.js";
import { verifyJws } from "./jws.js";
import { takeApart } from "./sdjwt.js";
import { checkChain, keyOf, readCertificate } from "./x509.js";

/** Say whether a credential is signed under one of the roots (base64 DER) by the very host it names as issuer. */
export async function isVouchedFor(credential, issuer, roots, now) {
  const { jwt, header } = takeApart(credential);
  if (!Array.isArray(header.x5c) || !header.x5c.length || !roots.length) return false;
  try {
    const chain = header.x5c.map(readCertificate);
    await checkChain(chain, roots.map(readCertificate), now);
    await verifyJws(jwt, await keyOf(chain[0]), "dc+sd-jwt");
    return chain[0].hosts.includes(new URL(issuer).hostname);
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
