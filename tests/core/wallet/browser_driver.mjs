// Runs the modules of the browser wallet in node: jobs as a JSON array on standard input, answers out.
// A refusal becomes {"refused": code}.

import { readFileSync } from "node:fs";

const [folder] = process.argv.slice(2);
const load = (name) => import(`${folder}/${name}.js`);
const names = ["bytes", "keys", "jws", "sdjwt", "statuslist", "dcql", "x509", "issuance", "presentation", "net", "texts"];
const [bytes, keys, jws, sdjwt, statuslist, dcql, x509, issuance, presentation, net, texts] = await Promise.all(names.map(load));
const more = ["oauth", "transaction", "links", "jwe", "qr", "qrread", "lostkeys"];
const [oauth, transaction, links, jwe, qr, qrread, lostkeys] = await Promise.all(more.map(load));

async function pairOf(jwk) {
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const { kty, crv, x, y } = jwk;
  return {
    privateKey: await crypto.subtle.importKey("jwk", jwk, curve, false, ["sign"]),
    publicKey: await crypto.subtle.importKey("jwk", { kty, crv, x, y }, curve, true, ["verify"]),
  };
}

const jobs = {
  async verify({ credential, jwks, now }) {
    const key = await jws.keyFrom(jwks, sdjwt.takeApart(credential).header.kid);
    return sdjwt.verifyCredential(credential, key, now);
  },
  async present({ credential, jwk, reveal, nonce, aud, iat }) {
    return sdjwt.present(credential, reveal, { key: await pairOf(jwk), nonce, aud, iat });
  },
  async status({ token, entry, jwk, now }) {
    return statuslist.readStatus(token, entry, await keys.importJwk(jwk), now);
  },
  async request({ token, clientId, roots, now, walletNonce }) {
    return presentation.verifyRequest(token, clientId, roots, now, walletNonce);
  },
  async received({ offer, code, roots, now }) {
    const opened = await issuance.openOffer(fetch, queryOf(offer));
    await issuance.takeOffer(fetch, opened, code, { roots, now });
    return "received";
  },
  matches({ query, candidates }) {
    return [...dcql.findMatches(query, candidates)];
  },
  certificate({ text }) {
    const { name, organization, hosts, notBefore, notAfter, isAuthority } = x509.readCertificate(text);
    return { name, organization, hosts, notBefore, notAfter, isAuthority };
  },
  base64url({ text }) {
    return bytes.b64u(bytes.b64uDecode(text));
  },
  wellKnown({ issuer, name }) {
    return net.wellKnown(issuer, name);
  },
  address({ address }) {
    return net.checkAddress(address).href;
  },
  async extractable() {
    const pair = await keys.makeKey();
    return crypto.subtle.exportKey("jwk", pair.privateKey).then(
      () => true,
      () => false,
    );
  },
  texts() {
    const names = (value) => Object.entries(value).flatMap(([n, v]) => (typeof v === "object" ? names(v) : [n]));
    return { vi: names(texts.TEXTS.vi), en: names(texts.TEXTS.en) };
  },
  async journey({ offer, request, code, roots, now }) {
    const opened = await issuance.openOffer(fetch, queryOf(offer));
    const options = { roots, now };
    let { papers, waiting, report } = await issuance.takeOffer(fetch, opened, code, options);
    const visits = [];
    while (waiting?.length) {
      const kept = [];
      const keep = async (grant) => kept.push(grant.refresh);
      const next = await issuance.takeLater(fetch, waiting[0], { roots, now, keep });
      visits.push(kept.length);
      ({ papers, report } = next.papers ? next : { papers, report });
      waiting = next.waiting ? [next.waiting] : [];
    }
    await issuance.notify(fetch, report, "credential_accepted", now);
    const asked = await presentation.openRequest(fetch, queryOf(request), roots, now);
    const { transactions, ...consent } = presentation.consentOf(asked, papers);
    const choices = presentation.firstChoice(consent);
    const used = [];
    const target = await presentation.answerRequest(
      fetch,
      asked,
      { choices, transactions, used: (paper, number) => used.push(number) },
      now,
    );
    const { status } = papers[0].content;
    const token = await (await fetch(status.uri)).text();
    const key = await jws.keyFrom(await net.issuerKeys(fetch, papers[0].content.issuer), jws.readJws(token).header.kid);
    return {
      claims: papers[0].content.claims,
      txCode: opened.txCode,
      copies: papers[0].copies.length,
      bound: papers[0].grant.bound,
      issuerTrusted: papers[0].trusted,
      visits,
      used,
      reveal: choices[0].reveal,
      trusted: asked.trusted,
      target,
      status: await statuslist.readStatus(token, status, key, now),
    };
  },
  async signIn({ offer, changes, now, waited = 0, forgotten = false }) {
    const opened = await issuance.openOffer(fetch, queryOf(offer));
    const { address, flow } = await oauth.beginSignIn(fetch, opened, "http://localhost/", now);
    const said = await (await fetch(address)).json();
    const answer = new URLSearchParams(Object.entries({ ...said, ...changes }).filter(([, value]) => value !== null));
    const grant = await oauth.finishSignIn(fetch, forgotten ? undefined : flow, answer, now + waited);
    const { papers } = await issuance.takeAll(fetch, opened, grant, { roots: [], now });
    return { claims: papers[0].content.claims, bound: grant.bound, issuerState: opened.issuerState };
  },
  async renewed({ offer, code, now }) {
    const opened = await issuance.openOffer(fetch, queryOf(offer));
    const { papers } = await issuance.takeOffer(fetch, opened, code, { roots: [], now });
    const kept = [];
    const paper = await issuance.renew(fetch, papers[0], { roots: [], now, keep: async (g) => kept.push(g.refresh) });
    return { copies: paper.copies.length, kept };
  },
  async refusal({ request, roots, now, error }) {
    const asked = await presentation.openRequest(fetch, queryOf(request), roots, now);
    return presentation.refuseRequest(fetch, asked, error);
  },
  transactions({ listed, query }) {
    return transaction.readTransactions(listed, query);
  },
  choices({ query, candidates }) {
    const { matches, sets } = dcql.choicesOf(query, candidates);
    return { matches: [...matches.keys()], sets };
  },
  copy({ copies, host }) {
    return presentation.copyFor({ copies }, host);
  },
  link({ text }) {
    return Object.fromEntries(links.readLink(text));
  },
  async lostKeys({ token, issuer, roots, now }) {
    return [...(await lostkeys.readTrustList(token, issuer, roots, now))];
  },
  async isSignedByLostKey({ token, credential, issuer, roots, now }) {
    const served = async () => new Response(token);
    return lostkeys.isSignedByLostKey(served, credential, issuer, roots, now);
  },
  async encrypt({ payload, metadata }) {
    return jwe.encrypt(payload, jwe.encryptionOf(metadata));
  },
  code({ text }) {
    return qr.matrixOf(text).map((row) => row.map(Number).join(""));
  },
  picture({ width, height, rgba }) {
    return qrread.readCode({ width, height, data: Buffer.from(rgba, "base64") });
  },
};

const queryOf = (link) => new URLSearchParams(new URL(link).search);

const answers = [];
for (const { job, ...input } of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    answers.push(await jobs[job](input));
  } catch (error) {
    if (!(error instanceof bytes.Refusal)) throw error;
    answers.push({ refused: error.code });
  }
}
process.stdout.write(JSON.stringify(answers));
