// Requests that prove the key of their grant (DPoP, RFC 9449). Each grant has a key of its own, so that nothing
// it brings can be used by whoever steals a token.

import { b64u, randomText, sha256, utf8 } from "./bytes.js";
import { publicJwk, signJws } from "./keys.js";
import { ask } from "./net.js";

const RETRY = "use_dpop_nonce";

/** What a wallet says in one conversation with a server; without `key` it says so without proof. */
export class Client {
  constructor(fetcher, key, now) {
    this.fetcher = fetcher;
    this.key = key;
    this.now = now;
    this.nonces = new Map();
  }

  /** Post a form; the answer is a JSON object. */
  form(address, fields) {
    return this.send(address, { body: new URLSearchParams(fields), headers: {} });
  }

  /** Post JSON with an access token `{access, bound}`. */
  json(address, body, grant) {
    return this.allowed(address, JSON.stringify(body), { "Content-Type": "application/json" }, grant);
  }

  /** Post an encrypted request with an access token; the answer may be one too. */
  sealed(address, token, grant) {
    const kinds = { "Content-Type": "application/jwt", Accept: "application/jwt, application/json" };
    return this.allowed(address, token, kinds, grant);
  }

  allowed(address, body, kinds, { access, bound }) {
    const headers = { ...kinds, Authorization: `${bound ? "DPoP" : "Bearer"} ${access}` };
    return this.send(address, { body, headers, access: bound ? access : null, proven: bound });
  }

  /** Send once, and once more when the server wants its own nonce in the proof (section 8). */
  async send(address, request) {
    try {
      return await this.once(address, request);
    } catch (refusal) {
      this.learn(address, refusal.nonce);
      if (refusal.code !== RETRY || !refusal.nonce) throw refusal;
      return this.once(address, request);
    }
  }

  async once(address, { body, headers, access = null, proven = true }) {
    const all = { Accept: "application/json", ...headers };
    if (this.key && proven) all.DPoP = await this.proof(address, access);
    const response = await ask(this.fetcher, address, { method: "POST", headers: all, body });
    this.learn(address, response.headers.get("DPoP-Nonce"));
    return response;
  }

  learn(address, nonce) {
    if (nonce) this.nonces.set(new URL(address).origin, nonce);
  }

  async proof(address, access) {
    const url = new URL(address);
    const said = { jti: randomText(), htm: "POST", htu: url.origin + url.pathname, iat: this.now() };
    if (access) said.ath = b64u(await sha256(utf8(access)));
    const nonce = this.nonces.get(url.origin);
    if (nonce) said.nonce = nonce;
    return signJws(this.key, { typ: "dpop+jwt", jwk: await publicJwk(this.key) }, said);
  }
}
