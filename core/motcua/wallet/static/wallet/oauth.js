// Getting a token: pre-authorised code, authorization code with PAR, PKCE and DPoP, refresh.
// RFC 6749, 7636 (S256), 9126 (PAR), 9207 (iss), 9396 (authorization_details), 9449 (DPoP).

import { Refusal, b64u, isObject, randomText, sha256, utf8 } from "./bytes.js";
import { Client } from "./dpop.js";
import { makeKey } from "./keys.js";
import { checkAddress, jsonOf, metadata } from "./net.js";

const PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const FLOW_SECONDS = 20 * 60;

/**
 * The authorization server of an issuer, `{metadata, bound}`; `bound` says that its tokens hang on a key.
 * Refuses a server that wants an attested wallet: our keys are software keys, and no one vouches for them.
 */
export async function serverOf(fetcher, issuer, named) {
  const listed = issuer.authorization_servers ?? [issuer.credential_issuer];
  const address = named ?? listed[0];
  if (!listed.includes(address)) throw new Refusal("malformed", "an authorization server the issuer does not know");
  const found = await metadata(fetcher, address, "oauth-authorization-server", "issuer");
  const ways = found.token_endpoint_auth_methods_supported;
  if (Array.isArray(ways) && !ways.includes("none")) throw new Refusal("attestation_needed", "no attestation");
  const algorithms = found.dpop_signing_alg_values_supported;
  return { metadata: found, bound: Array.isArray(algorithms) && algorithms.includes("ES256") };
}

/** Redeem a pre-authorised code; returns the grant. */
export async function redeemCode(fetcher, server, code, txCode, now) {
  const key = server.bound ? await makeKey() : null;
  const fields = { grant_type: PRE_AUTHORIZED, "pre-authorized_code": code };
  if (txCode) fields.tx_code = txCode;
  return granted(fetcher, { key, endpoint: server.metadata.token_endpoint, clientId: null }, fields, now);
}

/**
 * Push an authorization request. Returns `{address, flow}`: where the browser goes, and what has to be kept
 * until it comes back.
 */
export async function beginSignIn(fetcher, offer, redirectUri, now) {
  const { metadata: server, bound } = offer.server;
  const key = bound ? await makeKey() : null;
  const verifier = randomText(32);
  const clientId = new URL(redirectUri).origin;
  const flow = { id: randomText(32), at: now, verifier, key, clientId, redirectUri, server, kinds: offer.kinds.map((k) => k.id) };
  const fields = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    state: flow.id,
    code_challenge: b64u(await sha256(utf8(verifier))),
    code_challenge_method: "S256",
    ...wanted(offer),
  };
  if (offer.issuerState) fields.issuer_state = offer.issuerState;
  const client = new Client(fetcher, key, () => now);
  const pushed = await jsonOf(await client.form(server.pushed_authorization_request_endpoint, fields));
  const address = checkAddress(server.authorization_endpoint);
  address.searchParams.set("client_id", clientId);
  address.searchParams.set("request_uri", String(pushed.request_uri));
  return { address: address.href, flow: { ...flow, issuer: offer.issuer.credential_issuer } };
}

/** Check what came back with the browser and redeem it; `flow` is what was kept under its `state`. */
export async function finishSignIn(fetcher, flow, parameters, now) {
  if (!flow || parameters.get("state") !== flow.id || now - flow.at > FLOW_SECONDS) {
    throw new Refusal("wrong_state", "this answer belongs to no request of this wallet");
  }
  // RFC 9207: an answer of another server must not reach the server whose code it pretends to be.
  const told = parameters.get("iss");
  const silent = told === null && !flow.server.authorization_response_iss_parameter_supported;
  if (told !== flow.server.issuer && !silent) throw new Refusal("wrong_issuer", "iss is another server");
  if (parameters.has("error")) throw new Refusal(parameters.get("error"), "the server said no");
  const fields = {
    grant_type: "authorization_code",
    code: parameters.get("code"),
    redirect_uri: flow.redirectUri,
    code_verifier: flow.verifier,
    client_id: flow.clientId,
  };
  const { key, clientId, server } = flow;
  return granted(fetcher, { key, clientId, endpoint: server.token_endpoint }, fields, now);
}

/** Return a grant whose access token lasts a while; `keep(grant)` stores a new one before it is used. */
export async function freshGrant(fetcher, grant, now, keep) {
  if (now < grant.until - 10) return grant;
  if (!grant.refresh) throw new Refusal("invalid_token", "the access token has expired");
  const fields = { grant_type: "refresh_token", refresh_token: grant.refresh };
  if (grant.clientId) fields.client_id = grant.clientId;
  const made = await granted(fetcher, grant, fields, now);
  const next = { ...made, details: made.details.length ? made.details : grant.details };
  await keep(next);
  return next;
}

async function granted(fetcher, { key, endpoint, clientId }, fields, now) {
  const client = new Client(fetcher, key, () => now);
  const answer = await jsonOf(await client.form(endpoint, fields));
  const type = String(answer.token_type).toLowerCase();
  const known = type === "bearer" || (type === "dpop" && key);
  if (!known || typeof answer.access_token !== "string") throw new Refusal("malformed", "an unknown kind of token");
  return {
    endpoint,
    clientId,
    key,
    bound: type === "dpop",
    access: answer.access_token,
    until: now + (Number(answer.expires_in) || 60),
    refresh: typeof answer.refresh_token === "string" ? answer.refresh_token : null,
    details: Array.isArray(answer.authorization_details) ? answer.authorization_details.filter(isObject) : [],
  };
}

function wanted({ kinds }) {
  if (kinds.length > 1) return { scope: kinds.map((kind) => kind.scope).join(" ") };
  const details = [{ type: "openid_credential", credential_configuration_id: kinds[0].id }];
  return { authorization_details: JSON.stringify(details) };
}
