// As much of X.509 as a wallet needs to know who signed a request: names, key, validity and the chain to a
// root. Only ECDSA with P-256 and SHA-256, which is what our signing certificates use.

import { Refusal, base64, digestOf, fromUtf8 } from "./bytes.js";

const OID = {
  commonName: "550403",
  organization: "55040a",
  altNames: "551d11",
  constraints: "551d13",
  ecdsaSha256: "2a8648ce3d040302",
};

/** Parse a certificate in base64 DER. */
export function readCertificate(text) {
  try {
    return parse(base64(text));
  } catch {
    throw new Refusal("malformed", "not a certificate");
  }
}

/**
 * Check that a chain, leaf first and without root, leads to one of `roots` at `now` (seconds).
 * All are certificates from `readCertificate`.
 */
export async function checkChain(chain, roots, now) {
  const [leaf, ...upper] = chain;
  if (leaf.isAuthority || leaf.issuer === leaf.subject) throw untrusted("the leaf is self-signed or an authority");
  if (upper.some((certificate) => !certificate.isAuthority)) throw untrusted("an issuer is no authority");
  if (chain.some((c) => now < c.notBefore || now > c.notAfter)) throw untrusted("a certificate is not valid now");
  for (let i = 0; i < upper.length; i += 1) {
    if (!(await isIssuedBy(chain[i], upper[i]))) throw untrusted("the chain is broken");
  }
  for (const root of roots) {
    if (now <= root.notAfter && (await isIssuedBy(chain.at(-1), root))) return;
  }
  throw untrusted("the chain does not lead to a known root");
}

/** The public key of a certificate for verifying JWS. */
export async function keyOf(certificate) {
  try {
    return await importSpki(certificate.spki);
  } catch {
    throw new Refusal("unsupported_algorithm", "the certificate holds no P-256 key");
  }
}

/** The SHA-256 thumbprint of a certificate's key (RFC 7638), by which lists of lost keys name it. */
export async function thumbprintOf(certificate) {
  const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", await keyOf(certificate));
  return digestOf(JSON.stringify({ crv, kty, x, y }));
}

const untrusted = (message) => new Refusal("untrusted_certificate", message);

const importSpki = (spki) =>
  crypto.subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);

async function isIssuedBy(certificate, issuer) {
  if (certificate.issuer !== issuer.subject || certificate.algorithm !== OID.ecdsaSha256) return false;
  const [r, s] = children(node(certificate.signature, 0)).map((part) => scalar(part.body));
  const raw = new Uint8Array([...r, ...s]);
  const key = await keyOf(issuer);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw, certificate.signed);
}

function parse(der) {
  const [signed, algorithm, signature] = children(node(der, 0));
  const parts = children(signed);
  if (parts[0].tag === 0xa0) parts.shift();
  const [, , issuer, validity, subject, spki, ...rest] = parts;
  const [notBefore, notAfter] = children(validity).map(moment);
  const extensions = readExtensions(rest.find((part) => part.tag === 0xa3));
  return {
    der,
    signed: signed.all,
    algorithm: hex(children(algorithm)[0].body),
    signature: signature.body.slice(1),
    issuer: hex(issuer.all),
    subject: hex(subject.all),
    name: attribute(subject, OID.commonName),
    organization: attribute(subject, OID.organization),
    notBefore,
    notAfter,
    spki: spki.all,
    hosts: hostsOf(extensions.get(OID.altNames)),
    isAuthority: authority(extensions.get(OID.constraints)),
  };
}

function node(bytes, start) {
  let place = start + 2;
  let length = bytes[start + 1];
  if (length & 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 3) throw new RangeError("length");
    length = 0;
    for (let i = 0; i < count; i += 1, place += 1) length = length * 256 + bytes[place];
  }
  const end = place + length;
  if (!(end <= bytes.length)) throw new RangeError("end");
  return { tag: bytes[start], body: bytes.slice(place, end), all: bytes.slice(start, end), end };
}

function children(parent) {
  const found = [];
  for (let place = 0; place < parent.body.length; ) {
    const child = node(parent.body, place);
    found.push(child);
    place = child.end;
  }
  return found;
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function moment(part) {
  const text = fromUtf8(part.body);
  const full = part.tag === 0x17 ? (Number(text.slice(0, 2)) < 50 ? "20" : "19") + text : text;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

function attribute(name, oid) {
  for (const set of children(name)) {
    const [type, value] = children(children(set)[0]);
    if (hex(type.body) === oid) return fromUtf8(value.body);
  }
  return "";
}

function readExtensions(part) {
  const found = new Map();
  if (!part) return found;
  for (const extension of children(children(part)[0])) {
    const fields = children(extension);
    found.set(hex(fields[0].body), fields.at(-1).body);
  }
  return found;
}

function hostsOf(body) {
  if (!body) return [];
  return children(node(body, 0)).filter((name) => name.tag === 0x82).map((name) => fromUtf8(name.body));
}

function authority(body) {
  const first = body ? children(node(body, 0))[0] : undefined;
  return Boolean(first && first.tag === 0x01 && first.body[0]);
}

function scalar(body) {
  const bare = body[0] === 0 ? body.slice(1) : body;
  if (bare.length > 32) throw new RangeError("scalar");
  return [...new Uint8Array(32 - bare.length), ...bare];
}
