// OpenID4VP 1.0 from the wallet's side: signed request (x509_hash), choice, presentation, direct_post(.jwt).

import { Refusal, b64u, isObject, randomText, sha256 } from "./bytes.js";
import { choicesOf } from "./dcql.js";
import { encrypt, encryptionOf } from "./jwe.js";
import { readJws, verifyJws } from "./jws.js";
import { ask, askJson, checkAddress } from "./net.js";
import { present } from "./sdjwt.js";
import { hashesOf, readTransactions, signers } from "./transaction.js";
import { checkChain, keyOf, readCertificate } from "./x509.js";

const AUDIENCE = "https://self-issued.me/v2";
const MEDIA_TYPE = "application/oauth-authz-req+jwt";
const PLAIN = "direct_post";
const ENCRYPTED = "direct_post.jwt";

/**
 * Fetch and verify a request. `roots` are base64 DER certificates; with none, `trusted` is false and the
 * person has to be told. Returns what the consent screen needs.
 */
export async function openRequest(fetcher, parameters, roots, now) {
  const posting = parameters.get("request_uri_method") === "post";
  const walletNonce = posting ? randomText(32) : undefined;
  const body = posting ? new URLSearchParams({ wallet_nonce: walletNonce }) : undefined;
  const options = { method: posting ? "POST" : "GET", headers: { Accept: MEDIA_TYPE }, body };
  const response = await ask(fetcher, parameters.get("request_uri"), options);
  const token = (await response.text()).trim();
  return verifyRequest(token, parameters.get("client_id"), roots, now, walletNonce);
}

export async function verifyRequest(token, clientId, roots, now, walletNonce) {
  const { x5c } = readJws(token).header;
  if (!Array.isArray(x5c) || x5c.length < 1 || x5c.length > 5) throw new Refusal("malformed", "no certificate");
  const chain = x5c.map(readCertificate);
  if (roots.length) await checkChain(chain, roots.map(readCertificate), now);
  const leaf = chain[0];
  const { payload } = await verifyJws(token, await keyOf(leaf), "oauth-authz-req+jwt");
  const expected = `x509_hash:${b64u(await sha256(leaf.der))}`;
  if (clientId !== expected || payload.client_id !== expected || payload.aud !== AUDIENCE) {
    throw new Refusal("wrong_audience", "client_id or aud does not fit");
  }
  if (walletNonce !== undefined && payload.wallet_nonce !== walletNonce) {
    throw new Refusal("wrong_audience", "the request was not made for this wallet");
  }
  checkRequest(payload, leaf, now);
  const metadata = isObject(payload.client_metadata) ? payload.client_metadata : {};
  return {
    clientId,
    responseUri: payload.response_uri,
    nonce: payload.nonce,
    state: payload.state,
    query: payload.dcql_query,
    transactions: payload.transaction_data,
    encryption: payload.response_mode === ENCRYPTED ? encryptionOf(metadata) : null,
    name: leaf.organization || leaf.name,
    purpose: String(metadata.client_name ?? ""),
    host: checkAddress(payload.response_uri).host,
    trusted: roots.length > 0,
  };
}

/** What the person may choose among; `papers` hold `content`. See `choicesOf`. */
export function consentOf(request, papers) {
  const candidates = papers.map((paper) => paper.content);
  const { matches, sets } = choicesOf(request.query, candidates);
  const found = new Map();
  for (const [id, list] of matches) {
    found.set(
      id,
      list.map(({ candidate, reveal }) => ({ id, paper: papers[candidate], reveal })),
    );
  }
  return { matches: found, sets, transactions: readTransactions(request.transactions, request.query) };
}

/** The first choice for everything that is required. */
export function firstChoice({ matches, sets }) {
  const ids = sets.filter((set) => set.required).flatMap((set) => set.options[0]);
  return [...new Set(ids)].map((id) => matches.get(id)[0]);
}

/** Which copy of a paper a verifier gets: a fresh one, else the one it knows, else the least used. */
export function copyFor({ copies }, host) {
  const fresh = copies.findIndex((copy) => !copy.seenBy?.length);
  if (fresh >= 0) return fresh;
  const known = copies.findIndex((copy) => copy.seenBy.every((one) => one === host));
  if (known >= 0) return known;
  const counts = copies.map((copy) => copy.seenBy.length);
  return counts.indexOf(Math.min(...counts));
}

/**
 * Send the presentation; `choices` are `{id, paper, reveal}`. `used(paper, number)` is told which copy goes out,
 * before it goes. Returns the address to go to next, or null.
 */
export async function answerRequest(fetcher, request, { choices, transactions = [], used = () => {} }, now) {
  const signed = signers(
    transactions,
    choices.map(({ id }) => id),
  );
  const token = {};
  for (const { id, paper, reveal } of choices) {
    const number = copyFor(paper, request.host);
    const { credential, key } = paper.copies[number];
    const more = await hashesOf(signed.get(id));
    const options = { key, nonce: request.nonce, aud: request.clientId, iat: now, more };
    token[id] = [await present(credential, reveal, options)];
    await used(paper, number);
  }
  if (!request.encryption) return directPost(fetcher, request, withState(request, { vp_token: JSON.stringify(token) }));
  const response = await encrypt(withState(request, { vp_token: token }), request.encryption);
  return directPost(fetcher, request, { response });
}

/** Tell the verifier that nothing is shared, and why (section 8.5); an error holds nothing personal. */
export function refuseRequest(fetcher, request, error = "access_denied") {
  return directPost(fetcher, request, withState(request, { error }));
}

async function directPost(fetcher, request, fields) {
  const answer = await askJson(fetcher, request.responseUri, { method: "POST", body: new URLSearchParams(fields) });
  return typeof answer.redirect_uri === "string" ? checkAddress(answer.redirect_uri).href : null;
}

const withState = ({ state }, fields) => (typeof state === "string" ? { ...fields, state } : fields);

function checkRequest(payload, leaf, now) {
  if (payload.response_type !== "vp_token" || ![PLAIN, ENCRYPTED].includes(payload.response_mode)) {
    throw new Refusal("malformed", "only vp_token by direct_post");
  }
  if (typeof payload.nonce !== "string" || !isObject(payload.dcql_query)) throw new Refusal("malformed", "nonce, query");
  if (!(payload.exp > now) || !(payload.iat <= now + 60)) throw new Refusal("stale", "the request is not valid now");
  if (!leaf.hosts.includes(checkAddress(payload.response_uri).hostname)) {
    throw new Refusal("untrusted_certificate", "response_uri is not a host of the certificate");
  }
}
