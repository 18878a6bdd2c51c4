// Other people's wallet software, driven by jobs: one JSON object on standard input, one answer out.
// Issuing and presenting are @openid4vc's, credentials are read by @sd-jwt, JOSE is panva's jose.
// A refusal of that software is told as {"refused": sentence}.

import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";

import { clientAuthenticationAnonymous, clientAuthenticationNone, setGlobalConfig } from "@openid4vc/oauth2";
import { Openid4vciClient, setGlobalConfig as setIssuing } from "@openid4vc/openid4vci";
import { Openid4vpClient } from "@openid4vc/openid4vp";
import { digest, generateSalt } from "@sd-jwt/crypto-nodejs";
import { getListFromStatusListJWT, StatusList } from "@sd-jwt/jwt-status-list";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { DcqlQuery } from "dcql";
import * as jose from "jose";

for (const set of [setGlobalConfig, setIssuing]) set({ allowInsecureUrls: true });

const CLIENT = "https://wallet.example.vn";
const REDIRECT = "https://wallet.example.vn/back";

// Names below .localhost are this machine, whatever its resolver knows.
function fetchHere(url, { method = "GET", headers = {}, body } = {}) {
  const to = new URL(url);
  const sent = Object.fromEntries(new Headers(headers));
  const form = body instanceof URLSearchParams;
  if (form && !sent["content-type"]) sent["content-type"] = "application/x-www-form-urlencoded";
  return new Promise((done, fail) => {
    const asked = request(
      { host: "127.0.0.1", port: to.port, path: to.pathname + to.search, method, headers: { ...sent, host: to.host } },
      (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("end", () => {
          const empty = [204, 304].includes(answer.statusCode);
          const made = new Response(empty ? null : Buffer.concat(parts), {
            status: answer.statusCode,
            headers: Object.entries(answer.headers).flatMap(([n, v]) => [v].flat().map((one) => [n, one])),
          });
          Object.defineProperty(made, "url", { value: url });
          done(made);
        });
      },
    );
    asked.on("error", fail);
    asked.end(body === undefined ? undefined : form ? body.toString() : body);
  });
}

const publicPart = ({ kty, crv, x, y }) => ({ kty, crv, x, y });
const importKey = (jwk) => jose.importJWK(jwk, "ES256");

async function makeKey() {
  const { privateKey } = await jose.generateKeyPair("ES256", { extractable: true });
  return jose.exportJWK(privateKey);
}

// Private keys of this run, by thumbprint: the libraries ask by public key only.
const held = new Map();
const thumb = (jwk) => jose.calculateJwkThumbprint(publicPart(jwk));

async function hold(jwk) {
  held.set(await thumb(jwk), jwk);
  return jwk;
}

function chainKey(x5c, root) {
  const chain = [...x5c.map((text) => new X509Certificate(Buffer.from(text, "base64"))), new X509Certificate(root)];
  for (const [n, below] of chain.slice(0, -1).entries()) {
    if (!below.verify(chain[n + 1].publicKey)) throw new Error("a certificate is not signed by the next one");
  }
  return chain[0].publicKey;
}

function callbacks(job) {
  return {
    fetch: fetchHere,
    hash: (data, alg) => createHash(alg.replace("-", "")).update(data).digest(),
    generateRandom: (length) => randomBytes(length),
    clientAuthentication: job.anonymous === false ? clientAuthenticationNone({ clientId: CLIENT }) : clientAuthenticationAnonymous(),
    async signJwt(signer, { header, payload }) {
      const key = held.get(await thumb(signer.publicJwk));
      const jwt = await new jose.SignJWT(payload).setProtectedHeader(header).sign(await importKey(key));
      return { jwt, signerJwk: publicPart(key) };
    },
    async verifyJwt(signer, { compact }) {
      const key = chainKey(signer.x5c, job.root);
      await jose.compactVerify(compact, key);
      return { verified: true, signerJwk: await jose.exportJWK(key) };
    },
    getX509CertificateMetadata: (text) => {
      const names = new X509Certificate(Buffer.from(text, "base64")).subjectAltName ?? "";
      const of = (kind) => names.split(", ").filter((n) => n.startsWith(`${kind}:`)).map((n) => n.slice(kind.length + 1));
      return { sanDnsNames: of("DNS"), sanUriNames: of("URI") };
    },
    async encryptJwe(encryptor, data) {
      const jwk = encryptor.publicJwk;
      const head = { alg: encryptor.alg, enc: encryptor.enc, kid: jwk.kid, ...(encryptor.apv && { apv: encryptor.apv, apu: encryptor.apu }) };
      const jwe = await new jose.CompactEncrypt(Buffer.from(data)).setProtectedHeader(head).encrypt(await jose.importJWK(jwk, "ECDH-ES"));
      return { encryptionJwk: jwk, jwe };
    },
    decryptJwe: () => ({ decrypted: false }),
  };
}

const b64 = (text) => Buffer.from(text, "base64url");

// The library for credentials, with the issuer's key by certificate chain and the status list from its address.
async function reader(issuerKeys, job, holder) {
  const check = async (data, signature, keys) => {
    for (const key of keys) {
      try {
        await jose.compactVerify(`${data}.${signature}`, key);
        return true;
      } catch (error) {
        if (!(error instanceof jose.errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    return false;
  };
  return new SDJwtVcInstance({
    hasher: digest,
    hashAlg: "sha-256",
    saltGenerator: generateSalt,
    verifier: (data, signature) => check(data, signature, issuerKeys),
    kbVerifier: async (data, signature, payload) => check(data, signature, [await importKey(payload.cnf.jwk)]),
    kbSignAlg: "ES256",
    kbSigner: holder && (async (data) => {
      const [head, body] = data.split(".");
      const key = await importKey(holder);
      const made = await new jose.CompactSign(b64(body)).setProtectedHeader(JSON.parse(b64(head))).sign(key);
      return made.split(".")[2];
    }),
    statusListFetcher: async (uri) => (await fetchHere(uri, { headers: { accept: "application/statuslist+jwt" } })).text(),
    statusVerifier: (data, signature) => check(data, signature, issuerKeys),
    statusValidator: async (status) => {
      if (status !== 0) throw new Error(`status ${status}`);
    },
  });
}

async function published(issuer, job) {
  const { jwks } = await (await fetchHere(`${issuer}/.well-known/jwt-vc-issuer`)).json();
  return Promise.all(jwks.keys.map(importKey));
}

async function judged(credential, job) {
  const head = JSON.parse(b64(credential.split(".")[0]));
  const body = JSON.parse(b64(credential.split(".")[1]));
  const keys = head.x5c ? [chainKey(head.x5c, job.root)] : await published(body.iss, job);
  const library = await reader(keys, job);
  const { payload } = await library.verify(credential);
  return { claims: payload, header: head };
}

async function begin(job) {
  const client = new Openid4vciClient({ callbacks: callbacks(job) });
  const credentialOffer = job.credentialOffer ?? (await client.resolveCredentialOffer(job.link));
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
  return { client, credentialOffer, issuerMetadata, name: credentialOffer.credential_configuration_ids[0] };
}

const signerOf = (jwk) => ({ method: "jwk", alg: "ES256", publicJwk: publicPart(jwk) });
const bound = async (job, dpop) => dpop ?? (job.dpop && { signer: signerOf(await hold(await makeKey())) });

async function fetched({ client, issuerMetadata, name }, token, dpop, job) {
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata });
  const keys = await Promise.all(Array.from({ length: job.copies ?? 1 }, async () => hold(await makeKey())));
  const jwt = await Promise.all(
    keys.map(async (key) => {
      const asked = { issuerMetadata, signer: signerOf(key), nonce, credentialConfigurationId: name };
      if (job.anonymous === false) asked.clientId = CLIENT;
      return (await client.createCredentialRequestJwtProof(asked)).jwt;
    }),
  );
  const accessToken = token.access_token;
  const got = await client.retrieveCredentials({ issuerMetadata, credentialConfigurationId: name, accessToken, dpop, proofs: { jwt } });
  return { keys, answer: got.credentialResponse, accessToken };
}

async function kept({ client, issuerMetadata }, { keys, answer, accessToken }, dpop, job) {
  const papers = await Promise.all(
    answer.credentials.map(async ({ credential }) => {
      const seen = await judged(credential, job);
      const name = await thumb(seen.claims.cnf.jwk);
      const key = (await Promise.all(keys.map(async (k) => [await thumb(k), k]))).find(([t]) => t === name)[1];
      return { credential, key, ...seen };
    }),
  );
  const notification = { notificationId: answer.notification_id, event: "credential_accepted" };
  await client.sendNotification({ issuerMetadata, accessToken, dpop, notification });
  return papers;
}

const jobs = {
  async receive(job) {
    const about = await begin(job);
    const given = await about.client.retrievePreAuthorizedCodeAccessTokenFromOffer({
      ...about, txCode: job.txCode ?? undefined, dpop: await bound(job),
    });
    const got = await fetched(about, given.accessTokenResponse, given.dpop, job);
    const type = given.accessTokenResponse.token_type;
    if (got.answer.transaction_id) return { type, waiting: { ...got, transaction: got.answer.transaction_id } };
    return { type, papers: await kept(about, got, given.dpop, job), asked: got.answer.notification_id };
  },
  async collect(job) {
    const about = await begin({ ...job, link: job.offer });
    const { keys, accessToken, transaction: transactionId } = job.waiting;
    const { issuerMetadata } = about;
    let notification_id;
    // @openid4vc/openid4vci 0.4.6 refuses notification_id beside credentials here (its check is the wrong way
    // round; section 9.2 allows it), so it is taken out before the library looks.
    const fetch = async (url, about) => {
      const body = await (await fetchHere(url, about)).json();
      ({ notification_id } = body);
      delete body.notification_id;
      return new Response(JSON.stringify(body), { status: 200, headers: { "content-type": "application/json" } });
    };
    const waits = new Openid4vciClient({ callbacks: { ...callbacks(job), fetch } });
    const got = await waits.retrieveDeferredCredentials({ issuerMetadata, accessToken, transactionId });
    const answer = { ...got.deferredCredentialResponse, notification_id };
    return answer.credentials ? { papers: await kept(about, { keys, answer, accessToken }, undefined, job) } : { interval: answer.interval };
  },
  async authorize(job) {
    const about = await begin(job);
    const dpop = { signer: signerOf(await hold(await makeKey())) };
    const begun = await about.client.initiateAuthorization({
      ...about, clientId: CLIENT, redirectUri: REDIRECT, scope: about.name, state: "s/1", dpop,
    });
    return { url: begun.authorizationRequestUrl, verifier: begun.pkce.codeVerifier, keys: [...held.values()], credentialOffer: about.credentialOffer };
  },
  async exchange(job) {
    await Promise.all(job.keys.map(hold));
    const about = await begin(job);
    const said = about.client.parseAndVerifyAuthorizationResponseRedirectUrl({
      url: job.url, authorizationServerMetadata: about.issuerMetadata.authorizationServers[0],
    });
    const given = await about.client.retrieveAuthorizationCodeAccessTokenFromOffer({
      ...about, authorizationCode: said.code, pkceCodeVerifier: job.verifier, redirectUri: REDIRECT,
      dpop: { signer: signerOf(job.keys[0]) },
    });
    const got = await fetched(about, given.accessTokenResponse, given.dpop, job);
    return { type: given.accessTokenResponse.token_type, papers: await kept(about, got, given.dpop, job) };
  },
  async sealed(job) {
    // The library does not encrypt requests yet; its metadata and panva's JWE do.
    const about = await begin(job);
    const given = await about.client.retrievePreAuthorizedCodeAccessTokenFromOffer({ ...about, txCode: job.txCode ?? undefined });
    const { c_nonce: nonce } = await about.client.requestNonce(about);
    const key = await hold(await makeKey());
    const { jwt } = await about.client.createCredentialRequestJwtProof({
      ...about, signer: signerOf(key), nonce, credentialConfigurationId: about.name,
    });
    const mine = await jose.generateKeyPair("ECDH-ES", { extractable: true });
    const jwk = { ...(await jose.exportJWK(mine.publicKey)), alg: "ECDH-ES", use: "enc", kid: "mine" };
    const body = {
      credential_configuration_id: about.name, proofs: { jwt: [jwt] },
      credential_response_encryption: { jwk, enc: "A256GCM" },
    };
    const said = about.issuerMetadata.credentialIssuer;
    const [theirs] = said.credential_request_encryption.jwks.keys;
    const content = await new jose.CompactEncrypt(Buffer.from(JSON.stringify(body)))
      .setProtectedHeader({ alg: theirs.alg, enc: "A128GCM", kid: theirs.kid })
      .encrypt(await jose.importJWK(theirs));
    const answer = await fetchHere(said.credential_endpoint, {
      method: "POST", body: content,
      headers: { "content-type": "application/jwt", authorization: `Bearer ${given.accessTokenResponse.access_token}` },
    });
    const opened = await jose.compactDecrypt(await answer.text(), mine.privateKey);
    const [{ credential }] = JSON.parse(Buffer.from(opened.plaintext)).credentials;
    return { status: answer.status, kind: answer.headers.get("content-type"), header: opened.protectedHeader, ...(await judged(credential, job)) };
  },
  async present(job) {
    const client = new Openid4vpClient({ callbacks: callbacks(job) });
    const link = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: job.link });
    const asked = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: link.params });
    const payload = asked.authorizationRequestPayload;
    const query = DcqlQuery.parse(asked.dcql.query);
    DcqlQuery.validate(query);
    const papers = await Promise.all(job.papers.map(async (p) => ({ ...p, ...(await judged(p.credential, job)) })));
    const found = DcqlQuery.query(query, papers.map(({ claims }) => ({
      credential_format: "dc+sd-jwt", vct: claims.vct, claims, cryptographic_holder_binding: true,
    })));
    if (!found.can_be_satisfied) throw new Error("no paper answers the query");
    const vp_token = {};
    for (const entry of query.credentials) {
      const match = found.credential_matches[entry.id];
      if (!match.success) continue;
      const paper = papers[match.valid_credentials[0].input_credential_index];
      const claims = Object.keys(match.valid_credentials[0].claims.valid_claim_sets[0].output);
      const frame = Object.fromEntries((entry.claims ?? []).map((c) => [c.path[0], true]));
      const library = await reader([], job, paper.key);
      const kb = { payload: { iat: Math.floor(Date.now() / 1000), aud: payload.client_id, nonce: payload.nonce } };
      vp_token[entry.id] = [await library.present(paper.credential, frame, { kb })];
    }
    const jarm = payload.response_mode === "direct_post.jwt" ? {
      encryption: { nonce: randomBytes(16).toString("base64url") },
      serverMetadata: {
        authorization_signing_alg_values_supported: [], authorization_encryption_alg_values_supported: ["ECDH-ES"],
        authorization_encryption_enc_values_supported: ["A128GCM", "A256GCM"],
      },
    } : undefined;
    const made = await client.createOpenid4vpAuthorizationResponse({
      authorizationRequestPayload: payload, authorizationResponsePayload: { vp_token }, jarm,
      clientMetadata: payload.client_metadata,
    });
    const sent = await client.submitOpenid4vpAuthorizationResponse({
      authorizationRequestPayload: payload, authorizationResponsePayload: made.authorizationResponsePayload, jarm: made.jarm,
    });
    return { status: sent.response.status, mode: sent.responseMode, prefix: asked.client.prefix, version: asked.version, vp_token };
  },
  async judge(job) {
    return judged(job.credential, job);
  },
  async readList(job) {
    const list = getListFromStatusListJWT(job.token);
    return { values: job.indices.map((n) => list.getStatus(n)) };
  },
  async makeList(job) {
    return { lst: new StatusList(job.values, job.bits).compressStatusList() };
  },
  async issue(job) {
    const sign = async (data) => {
      const [head, body] = data.split(".");
      const made = await new jose.CompactSign(b64(body)).setProtectedHeader(JSON.parse(b64(head))).sign(await importKey(job.jwk));
      return made.split(".")[2];
    };
    const library = new SDJwtVcInstance({ hasher: digest, hashAlg: "sha-256", saltGenerator: generateSalt, signer: sign, signAlg: "ES256" });
    return { credential: await library.issue(job.claims, job.frame) };
  },
  async verifyToken(job) {
    const { protectedHeader, payload } = await jose.compactVerify(job.token, await importKey(job.jwk));
    return { header: protectedHeader, payload: JSON.parse(Buffer.from(payload)) };
  },
  async thumbprint(job) {
    return { thumbprint: await jose.calculateJwkThumbprint(job.jwk) };
  },
};

const asked = JSON.parse(readFileSync(0, "utf8"));
try {
  console.log(JSON.stringify(await jobs[asked.job](asked)));
} catch (error) {
  if (asked.trace) console.error(error);
  const answer = error.response?.credentialErrorResponseResult?.data ?? error.errorResponse;
  console.log(JSON.stringify({ refused: String(error.message), kind: error.constructor.name, answer }));
}
