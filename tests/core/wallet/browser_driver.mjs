// Runs the modules of the browser wallet in node: jobs as a JSON array on standard input, answers out.
// A refusal becomes {"refused": code}.

import { readFileSync } from "node:fs";

const [folder] = process.argv.slice(2);
const load = (name) => import(`${folder}/${name}.js`);
const [bytes, keys, jws, sdjwt, statuslist, dcql, x509, issuance, presentation, net, texts] = await Promise.all(
  ["bytes", "keys", "jws", "sdjwt", "statuslist", "dcql", "x509", "issuance", "presentation", "net", "texts"].map(load),
);

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
  async request({ token, clientId, roots, now }) {
    return presentation.verifyRequest(token, clientId, roots, now);
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
    const opened = await issuance.openOffer(fetch, new URLSearchParams(new URL(offer).search));
    const { papers, finish } = await issuance.takeOffer(fetch, opened, code, now);
    await finish("credential_accepted");
    const asked = await presentation.openRequest(fetch, new URLSearchParams(new URL(request).search), roots, now);
    const choices = presentation.choosePapers(asked, papers);
    const target = await presentation.answerRequest(fetch, asked, choices, now);
    const { status } = papers[0].content;
    const token = await (await fetch(status.uri)).text();
    const key = await jws.keyFrom(await net.issuerKeys(fetch, papers[0].content.issuer), jws.readJws(token).header.kid);
    return {
      claims: papers[0].content.claims,
      txCode: opened.txCode,
      reveal: choices[0].reveal,
      trusted: asked.trusted,
      target,
      status: await statuslist.readStatus(token, status, key, now),
    };
  },
};

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
