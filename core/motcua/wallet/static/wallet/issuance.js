// OpenID4VCI 1.0 from the wallet's side: offer, proofs, copies, what comes later, notification.

import { Refusal, isObject } from "./bytes.js";
import { Client } from "./dpop.js";
import { exchange } from "./envelope.js";
import { makeKey, publicJwk, signJws } from "./keys.js";
import { keyFrom } from "./jws.js";
import { askJson, issuerKeys, jsonOf, metadata } from "./net.js";
import { freshGrant, redeemCode, serverOf } from "./oauth.js";
import { isBoundTo, takeApart, verifyCredential } from "./sdjwt.js";
import { isVouchedFor } from "./trust.js";

const ISSUER = "openid-credential-issuer";
const PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const COPIES = 10;
const PATIENCE = 5;

/**
 * Read an offer and the metadata of its issuer; nothing is taken yet. `code` with `txCode` when it brings a
 * pre-authorised code, `signIn` when the person signs in on the issuer's page.
 */
export async function openOffer(fetcher, parameters) {
  const offer = parameters.has("credential_offer")
    ? parse(parameters.get("credential_offer"))
    : await askJson(fetcher, parameters.get("credential_offer_uri"));
  const grants = isObject(offer.grants) ? offer.grants : { authorization_code: {} };
  const grant = grants[PRE_AUTHORIZED] ?? grants.authorization_code;
  const ids = offer.credential_configuration_ids;
  if (!isObject(grant) || !Array.isArray(ids) || !ids.length) throw new Refusal("malformed", "an offer of nothing");
  const { issuer, kinds } = await openIssuer(fetcher, offer.credential_issuer, ids);
  const server = await serverOf(fetcher, issuer, grant.authorization_server);
  const code = grant["pre-authorized_code"] ?? null;
  if (grants[PRE_AUTHORIZED] && typeof code !== "string") throw new Refusal("malformed", "the offer holds no code");
  return { issuer, kinds, server, code, txCode: grant.tx_code ?? null, signIn: !code, issuerState: grant.issuer_state };
}

/** The metadata of an issuer and the kinds of paper that are meant. */
export async function openIssuer(fetcher, address, ids) {
  const issuer = await metadata(fetcher, address, ISSUER, "credential_issuer");
  const supported = issuer.credential_configurations_supported ?? {};
  const kinds = ids.map((id) => ({ ...(Object.hasOwn(supported, id) ? supported[id] : {}), id }));
  if (kinds.some((kind) => kind.format !== "dc+sd-jwt")) throw new Refusal("wrong_type", "an unknown kind of paper");
  return { issuer, kinds };
}

/** Take what was offered with a pre-authorised code; see `takeAll`. */
export async function takeOffer(fetcher, offer, txCode, { roots, now }) {
  const grant = await redeemCode(fetcher, offer.server, offer.code, txCode, now);
  return takeAll(fetcher, offer, grant, { roots, now });
}

/**
 * Ask for every kind and verify what comes. Returns `{papers, waiting, report}`: a paper is `{kind, copies, content,
 * trusted, grant}` with a key per copy; what is not ready stands in `waiting`; `report` is for `notify`. Nothing is
 * stored here.
 */
export async function takeAll(fetcher, { issuer, kinds }, grant, { roots, now }) {
  const taken = { papers: [], waiting: [], report: { issuer: reachable(issuer), grant, notices: [] } };
  await orTell(fetcher, taken.report, now, async () => {
    for (const kind of kinds) await takeKind(fetcher, { issuer, kind, grant, roots, now }, taken);
  });
  return taken;
}

/**
 * Ask for what was not ready. Returns `{waiting}` with the next moment, or `{papers, report}`. `keep(grant)` stores
 * a renewed token before it is used: it is good for one time.
 */
export async function takeLater(fetcher, waiting, { roots, now, keep }) {
  const { kind, keys, transaction } = waiting;
  // Read anew: over days the address may move, and the key to which the request is encrypted may change.
  const issuer = await metadata(fetcher, waiting.issuer.credential_issuer, ISSUER, "credential_issuer");
  const grant = await freshGrant(fetcher, waiting.grant, now, keep);
  const client = new Client(fetcher, grant.key, () => now);
  const ask = { transaction_id: transaction };
  const { status, body: answer } = await exchange(client, issuer, issuer.deferred_credential_endpoint, ask, grant);
  if (status === 202 || answer.transaction_id) return { waiting: waitingFor(answer, { ...waiting, grant }, now) };
  const taken = { papers: [], report: { issuer: reachable(issuer), grant, notices: [] } };
  await orTell(fetcher, taken.report, now, () =>
    accept(fetcher, answer, { issuer, kind, keys, grant, roots, now }, taken),
  );
  return taken;
}

/** Tell the issuer what became of its papers: `credential_accepted`, `credential_deleted`, `credential_failure`. */
export async function notify(fetcher, { issuer, grant, notices }, event, now) {
  if (!issuer.notification_endpoint) return;
  const client = new Client(fetcher, grant.key, () => now);
  for (const id of notices) await client.json(issuer.notification_endpoint, { notification_id: id, event }, grant);
}

/** Fetch new copies of a paper, so that again no two verifiers see the same one. */
export async function renew(fetcher, paper, { roots, now, keep }) {
  const { issuer, kinds } = await openIssuer(fetcher, paper.content.issuer, [paper.kind.id]);
  const grant = await freshGrant(fetcher, { ...paper.grant, until: 0 }, now, keep);
  const taken = await takeAll(fetcher, { issuer, kinds }, grant, { roots, now });
  if (!taken.papers.length) throw new Refusal("not_ready", "no new copies yet");
  await notify(fetcher, taken.report, "credential_accepted", now);
  return { ...taken.papers[0], grant };
}

async function orTell(fetcher, report, now, work) {
  try {
    await work();
  } catch (error) {
    // The reason of the failure matters more than a notification that does not arrive.
    await notify(fetcher, report, "credential_failure", now).catch(console.warn);
    throw error;
  }
}

async function takeKind(fetcher, context, taken) {
  const { issuer, kind, grant, now } = context;
  const count = Math.min(Number(issuer.batch_credential_issuance?.batch_size) || 1, COPIES);
  const keys = await Promise.all(Array.from({ length: count }, makeKey));
  const client = new Client(fetcher, grant.key, () => now);
  const { status, body: answer } = await askForKind(fetcher, client, { ...context, keys });
  if (status === 202 || answer.transaction_id) {
    taken.waiting.push(waitingFor(answer, { issuer: reachable(issuer), kind, keys, grant }, now));
  } else {
    await accept(fetcher, answer, { ...context, keys }, taken);
  }
}

/** Send the proofs; a nonce that ran out meanwhile is fetched anew, once. */
async function askForKind(fetcher, client, { issuer, kind, grant, keys, now }, again = true) {
  const nonce = await nonceOf(fetcher, issuer, client);
  const proofs = await Promise.all(keys.map((key) => proofOf(key, { issuer, grant, nonce, now })));
  const body = { ...named(kind, grant), proofs: { jwt: proofs } };
  try {
    return await exchange(client, issuer, issuer.credential_endpoint, body, grant);
  } catch (refusal) {
    if (refusal.code !== "invalid_nonce" || !again) throw refusal;
    return askForKind(fetcher, client, { issuer, kind, grant, keys, now }, false);
  }
}

async function nonceOf(fetcher, issuer, client) {
  if (!issuer.nonce_endpoint) return undefined;
  const response = await new Client(fetcher, null, client.now).form(issuer.nonce_endpoint, {});
  client.learn(issuer.nonce_endpoint, response.headers.get("DPoP-Nonce"));
  return (await jsonOf(response)).c_nonce;
}

async function proofOf(key, { issuer, grant, nonce, now }) {
  const header = { typ: "openid4vci-proof+jwt", jwk: await publicJwk(key) };
  const payload = { aud: issuer.credential_issuer, iat: now, nonce };
  return signJws(key, header, grant.clientId ? { iss: grant.clientId, ...payload } : payload);
}

/** Name what is asked for as the token response wants it (section 8.2). */
function named(kind, { details }) {
  const entry = details.find((detail) => detail.credential_configuration_id === kind.id);
  const [identifier] = Array.isArray(entry?.credential_identifiers) ? entry.credential_identifiers : [];
  return identifier ? { credential_identifier: identifier } : { credential_configuration_id: kind.id };
}

function waitingFor(answer, waiting, now) {
  if (typeof answer.transaction_id !== "string") throw new Refusal("malformed", "no transaction_id");
  const interval = Math.max(PATIENCE, Number(answer.interval) || PATIENCE);
  return { ...waiting, transaction: answer.transaction_id, interval, next: now + interval };
}

/** Verify every copy and note the paper; a key that got none is thrown away. */
async function accept(fetcher, answer, { issuer, kind, keys, grant, roots, now }, taken) {
  if (answer.notification_id) taken.report.notices.push(answer.notification_id);
  const entries = Array.isArray(answer.credentials) ? answer.credentials : [];
  if (!entries.length || entries.length > keys.length) throw new Refusal("malformed", "a wrong number of copies");
  const published = await issuerKeys(fetcher, issuer.credential_issuer);
  const left = new Set(keys);
  const copies = [];
  for (const entry of entries) {
    const copy = await check(entry?.credential, { issuer: issuer.credential_issuer, kind, left, published, now });
    left.delete(copy.key);
    copies.push(copy);
  }
  const trusted = await isVouchedFor(copies[0].credential, copies[0].content.issuer, roots, now);
  taken.papers.push({ kind, copies, content: copies[0].content, trusted, grant });
}

async function check(credential, { issuer, kind, left, published, now }) {
  const issuerKey = await keyFrom(published, takeApart(credential).header.kid);
  const content = await verifyCredential(credential, issuerKey, now);
  if (content.issuer !== issuer) throw new Refusal("untrusted_issuer", "another issuer than the one that offered");
  if (content.vct !== kind.vct) throw new Refusal("wrong_type", "another type than the one that was offered");
  for (const key of left) if (await isBoundTo(content, key)) return { credential, key, content };
  throw new Refusal("wrong_holder", "bound to another key");
}

/** What is kept of an issuer's metadata for another day. */
function reachable({ credential_issuer, notification_endpoint, display }) {
  return { credential_issuer, notification_endpoint, display };
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
