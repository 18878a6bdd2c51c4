// OpenID4VCI 1.0 from the wallet's side: pre-authorised code, nonce, proof, credential, notification.

import { Refusal, isObject } from "./bytes.js";
import { makeKey, publicJwk, signJws } from "./keys.js";
import { keyFrom } from "./jws.js";
import { askJson, issuerKeys, metadata } from "./net.js";
import { isBoundTo, takeApart, verifyCredential } from "./sdjwt.js";

const GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/** Read an offer and the metadata of its issuer. Nothing is taken yet. */
export async function openOffer(fetcher, parameters) {
  const offer = parameters.has("credential_offer")
    ? parse(parameters.get("credential_offer"))
    : await askJson(fetcher, parameters.get("credential_offer_uri"));
  const grant = isObject(offer.grants) ? offer.grants[GRANT] : null;
  if (!isObject(grant) || !Array.isArray(offer.credential_configuration_ids)) {
    throw new Refusal("malformed", "the offer holds no pre-authorized code");
  }
  const issuer = await metadata(fetcher, offer.credential_issuer, "openid-credential-issuer", "credential_issuer");
  const supported = issuer.credential_configurations_supported ?? {};
  const kinds = offer.credential_configuration_ids.map((id) => ({ id, ...(supported[id] ?? {}) }));
  if (kinds.some((kind) => kind.format !== "dc+sd-jwt")) throw new Refusal("wrong_type", "an unknown kind of paper");
  return { issuer, kinds, code: grant["pre-authorized_code"], txCode: grant.tx_code ?? null };
}

/**
 * Take what was offered and verify it. Returns `{papers, finish}`: each paper is `{credential, key, content,
 * kind}`; `finish(event)` tells the issuer what became of them: `credential_accepted`, or
 * `credential_deleted` when the person did not want them. Nothing is stored here.
 */
export async function takeOffer(fetcher, offer, txCode, now) {
  const token = await accessToken(fetcher, offer, txCode);
  const papers = [];
  const notices = [];
  const finish = (event) => notify(fetcher, offer.issuer, token, notices, event);
  try {
    for (const kind of offer.kinds) papers.push(...(await takeKind(fetcher, offer, kind, token, now, notices)));
  } catch (error) {
    // The reason of the failure matters more than a notification that does not arrive.
    await finish("credential_failure").catch(console.warn);
    throw error;
  }
  return { papers, finish };
}

async function accessToken(fetcher, offer, txCode) {
  const server = (offer.issuer.authorization_servers ?? [offer.issuer.credential_issuer])[0];
  const { token_endpoint: endpoint } = await metadata(fetcher, server, "oauth-authorization-server", "issuer");
  const form = new URLSearchParams({ grant_type: GRANT, "pre-authorized_code": offer.code });
  if (txCode) form.set("tx_code", txCode);
  const answer = await askJson(fetcher, endpoint, { method: "POST", body: form });
  if (String(answer.token_type).toLowerCase() !== "bearer") throw new Refusal("malformed", "an unknown kind of token");
  return answer.access_token;
}

async function takeKind(fetcher, offer, kind, token, now, notices) {
  const issuer = offer.issuer.credential_issuer;
  const key = await makeKey();
  const nonce = offer.issuer.nonce_endpoint
    ? (await askJson(fetcher, offer.issuer.nonce_endpoint, { method: "POST" })).c_nonce
    : undefined;
  const header = { typ: "openid4vci-proof+jwt", jwk: await publicJwk(key) };
  const proof = await signJws(key, header, { aud: issuer, iat: now, nonce });
  const body = { credential_configuration_id: kind.id, proofs: { jwt: [proof] } };
  const answer = await postJson(fetcher, offer.issuer.credential_endpoint, body, token);
  if (answer.transaction_id) throw new Refusal("not_ready", "the paper is not ready yet");
  if (answer.notification_id) notices.push(answer.notification_id);
  const entries = Array.isArray(answer.credentials) ? answer.credentials : [];
  if (!entries.length) throw new Refusal("malformed", "the answer holds no credential");
  const keys = await issuerKeys(fetcher, issuer);
  return Promise.all(entries.map((entry) => check(entry.credential, { issuer, kind, key, keys, now })));
}

async function check(credential, { issuer, kind, key, keys, now }) {
  const issuerKey = await keyFrom(keys, takeApart(credential).header.kid);
  const content = await verifyCredential(credential, issuerKey, now);
  if (content.issuer !== issuer) throw new Refusal("untrusted_issuer", "another issuer than the one that offered");
  if (content.vct !== kind.vct) throw new Refusal("wrong_type", "another type than the one that was offered");
  if (!(await isBoundTo(content, key))) throw new Refusal("wrong_holder", "bound to another key");
  return { credential, key, content, kind };
}

async function notify(fetcher, issuer, token, notices, event) {
  if (!issuer.notification_endpoint) return;
  for (const id of notices) {
    await postJson(fetcher, issuer.notification_endpoint, { notification_id: id, event }, token);
  }
}

function postJson(fetcher, address, body, token) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", Authorization: `Bearer ${token}` };
  return askJson(fetcher, address, { method: "POST", headers, body: JSON.stringify(body) });
}

function parse(text) {
  try {
    const value = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // falls through to the refusal
  }
  throw new Refusal("malformed", "not a credential offer");
}
