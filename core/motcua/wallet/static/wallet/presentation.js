// OpenID4VP 1.0 from the wallet's side: signed request (x509_hash), choice, presentation, direct_post.

import { Refusal, b64u, isObject, sha256 } from "./bytes.js";
import { findMatches } from "./dcql.js";
import { readJws, verifyJws } from "./jws.js";
import { ask, askJson, checkAddress } from "./net.js";
import { present } from "./sdjwt.js";
import { checkChain, keyOf, readCertificate } from "./x509.js";

const AUDIENCE = "https://self-issued.me/v2";
const MEDIA_TYPE = "application/oauth-authz-req+jwt";

/**
 * Fetch and verify a request. `roots` are base64 DER certificates; with none, `trusted` is false and the
 * person has to be told. Returns what the consent screen needs.
 */
export async function openRequest(fetcher, parameters, roots, now) {
  const clientId = parameters.get("client_id");
  const response = await ask(fetcher, parameters.get("request_uri"), { headers: { Accept: MEDIA_TYPE } });
  return verifyRequest((await response.text()).trim(), clientId, roots, now);
}

export async function verifyRequest(token, clientId, roots, now) {
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
  checkRequest(payload, leaf, now);
  return {
    clientId,
    responseUri: payload.response_uri,
    nonce: payload.nonce,
    state: payload.state,
    query: payload.dcql_query,
    name: leaf.organization || leaf.name,
    purpose: isObject(payload.client_metadata) ? String(payload.client_metadata.client_name ?? "") : "",
    host: checkAddress(payload.response_uri).host,
    trusted: roots.length > 0,
  };
}

/** What would be shared: one entry per credential query, `{id, paper, reveal}`. Papers hold `content`. */
export function choosePapers(request, papers) {
  const candidates = papers.map((paper) => paper.content);
  const matches = findMatches(request.query, candidates);
  return [...matches].map(([id, found]) => ({ id, paper: papers[found[0].candidate], reveal: found[0].reveal }));
}

/** Send the presentation; returns the address to go to next, or null. */
export async function answerRequest(fetcher, request, choices, now) {
  const token = {};
  for (const { id, paper, reveal } of choices) {
    const options = { key: paper.key, nonce: request.nonce, aud: request.clientId, iat: now };
    token[id] = [await present(paper.credential, reveal, options)];
  }
  return directPost(fetcher, request, { vp_token: JSON.stringify(token) });
}

export function refuseRequest(fetcher, request) {
  return directPost(fetcher, request, { error: "access_denied" });
}

async function directPost(fetcher, request, fields) {
  const body = new URLSearchParams(fields);
  if (typeof request.state === "string") body.set("state", request.state);
  const answer = await askJson(fetcher, request.responseUri, { method: "POST", body });
  return typeof answer.redirect_uri === "string" ? checkAddress(answer.redirect_uri).href : null;
}

function checkRequest(payload, leaf, now) {
  if (payload.response_type !== "vp_token" || payload.response_mode !== "direct_post") {
    throw new Refusal("malformed", "only vp_token by direct_post");
  }
  if (typeof payload.nonce !== "string" || !isObject(payload.dcql_query)) throw new Refusal("malformed", "nonce, query");
  if (!(payload.exp > now) || !(payload.iat <= now + 60)) throw new Refusal("stale", "the request is not valid now");
  if (!leaf.hosts.includes(checkAddress(payload.response_uri).hostname)) {
    throw new Refusal("untrusted_certificate", "response_uri is not a host of the certificate");
  }
}
