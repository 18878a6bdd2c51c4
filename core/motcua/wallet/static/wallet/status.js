// The state of a paper: from the issuer's signed lists, or what was last known of it when there is no line.

import { ask, issuerKeys } from "./net.js";
import { keyFrom, readJws } from "./jws.js";
import { fetcher, roots, seconds } from "./here.js";
import { isSignedByLostKey } from "./lostkeys.js";
import { NAMES, readStatus } from "./statuslist.js";
import { changePaper } from "./storage.js";

export const COLOURS = { valid: "ok", revoked: "bad", keyLost: "bad", suspended: "warn", ended: "warn", unknown: "warn" };
export const OVER = new Set(["revoked", "keyLost", "suspended", "ended"]);

/** What is known without asking: `{value, at}`; `at` is null when it was never checked. */
export function knownState({ content, state }) {
  if (content.expiresAt && content.expiresAt <= seconds()) return { value: "ended", at: seconds(), fresh: true };
  return { value: state?.value ?? "unknown", at: state?.at ?? null, fresh: false };
}

/** Ask the issuer's list; without an answer the last known state stands, and says so. */
export async function presentState(paper) {
  const known = knownState(paper);
  if (known.value === "ended") return known;
  try {
    const value = (await isKeyLost(paper)) ? "keyLost" : await listed(paper.content);
    const state = { value, at: seconds() };
    await changePaper(paper.id, () => ({ state }));
    return { ...state, fresh: true };
  } catch (error) {
    console.warn(error);
    return known;
  }
}

/** Only who stands under our roots keeps a list of lost keys for us; where it cannot be read, nothing new is known. */
async function isKeyLost({ trusted, copies: [{ credential }], content: { issuer } }) {
  return trusted && isSignedByLostKey(fetcher, credential, issuer, roots(), seconds());
}

async function listed({ status, issuer }) {
  if (!status) return "valid";
  const response = await ask(fetcher, status.uri, { headers: { Accept: "application/statuslist+jwt" } });
  const token = (await response.text()).trim();
  const key = await keyFrom(await issuerKeys(fetcher, issuer), readJws(token).header.kid);
  return NAMES[await readStatus(token, status, key, seconds())] ?? "unknown";
}
