/* The code of a paper copy: a COSE_Sign1 (RFC 9052, ES256) in base32 behind the `#` of an address, as
   core/motcua/documents/paper.py makes and checks it. Pure: neither page nor network. */

const [EXP, IAT, PAPER] = [4, 6, -70001];
const SKEW = 300;

/* Why a code does not hold; the message is the same name as in the program. */
export class Refused extends Error {}

/* RFC 4648 base32 without padding; loose bits are refused. */
const base32 = (text) => {
  const bytes = [];
  let [held, bits] = [0, 0];
  for (const letter of text.toUpperCase()) {
    const value = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter);
    if (value < 0) throw new Refused('malformed');
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push(held >> bits);
      held &= (1 << bits) - 1;
    }
  }
  if (held || bits >= 5) throw new Refused('malformed');
  return new Uint8Array(bytes);
};

/* The part of CBOR that a paper uses, in its shortest form only. */
const cbor = (bytes) => {
  let at = 0;
  const take = (count) => {
    if (at + count > bytes.length) throw new Refused('malformed');
    at += count;
    return bytes.subarray(at - count, at);
  };
  const number = (short) => {
    if (short < 24) return short;
    if (short > 26) throw new Refused('malformed');
    const value = take(2 ** (short - 24)).reduce((sum, byte) => sum * 256 + byte, 0);
    if (value < [24, 256, 65536][short - 24]) throw new Refused('malformed');
    return value;
  };
  const read = (depth) => {
    if (depth > 6) throw new Refused('malformed');
    const [head] = take(1);
    const [kind, count] = [head >> 5, number(head & 31)];
    if (kind === 0) return count;
    if (kind === 1) return -1 - count;
    if (kind === 2) return take(count);
    if (kind === 3) return new TextDecoder('utf-8', { fatal: true }).decode(take(count));
    if (kind === 4) return Array.from({ length: count }, () => read(depth + 1));
    if (kind === 5) return new Map(Array.from({ length: count }, () => [read(depth + 1), read(depth + 1)]));
    if (kind === 6 && count === 18) return { sign1: read(depth + 1) };
    throw new Refused('malformed');
  };
  const value = read(0);
  if (at !== bytes.length) throw new Refused('malformed');
  return value;
};

const head = (kind, length) => {
  if (length < 24) return [kind * 32 + length];
  return length < 256 ? [kind * 32 + 24, length] : [kind * 32 + 25, length >> 8, length & 255];
};
const wrapped = (kind, bytes) => [...head(kind, bytes.length), ...bytes];
const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const verified = async (key, data, signature) => {
  const jwk = { kty: key.jwk.kty, crv: key.jwk.crv, x: key.jwk.x, y: key.jwk.y };
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const imported = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify']);
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, imported, signature, data);
};

/* Every host under which a key signs or signed: a paper outlives a renamed host. */
const hostsOf = (key) => key.hosts ?? [key.host];

/* Return what a code says once it holds; throws `Refused` with the same names as the program's function. */
export const verifyPaper = async (text, list, now = Date.now() / 1000) => {
  const parts = /^(https?:\/\/([a-z0-9.:[\]-]+)\/V\/[A-Z0-9]{6,40})#([A-Z2-7]{100,1200})$/i.exec(text.trim());
  if (!parts) throw new Refused('malformed');
  const [, address, host, code] = parts;
  const { sign1 } = cbor(base32(code));
  if (!Array.isArray(sign1) || sign1.length !== 4) throw new Refused('malformed');
  const [first, loose, payload, signature] = sign1;
  if (![first, payload, signature].every((part) => part instanceof Uint8Array)) throw new Refused('malformed');
  if (!(loose instanceof Map) || loose.size) throw new Refused('malformed');
  const protectedHeader = cbor(first);
  if (!(protectedHeader instanceof Map) || protectedHeader.get(1) !== -7 || protectedHeader.size !== 2) {
    throw new Refused('unsupported_algorithm');
  }
  const kid = protectedHeader.get(4);
  const key = kid instanceof Uint8Array && list.keys.find((one) => one.kid === hex(kid));
  if (!key) throw new Refused('unknown_key');
  if (!hostsOf(key).includes(host.toLowerCase())) throw new Refused('untrusted_issuer');
  if (key.revoked) throw new Refused('revoked_key');
  const data = new Uint8Array([
    0x84, ...wrapped(3, utf8('Signature1')), ...wrapped(2, first), ...wrapped(2, utf8(address.toUpperCase())), ...wrapped(2, payload),
  ]);
  if (signature.length !== 64 || !(await verified(key, data, signature))) throw new Refused('bad_signature');
  const claims = cbor(payload);
  const about = claims instanceof Map && claims.get(PAPER);
  if (!Array.isArray(about) || about.length !== 5) throw new Refused('malformed');
  const [number, title, unit, holder] = about;
  const [issued, ends] = [claims.get(IAT), claims.get(EXP)];
  if (!(key.from <= issued && issued < key.until)) throw new Refused('untrusted_issuer');
  if (issued > now + SKEW) throw new Refused('from_the_future');
  return { address, home: key.home ?? key.host, number, title, unit, holder, issuer: key.name, issued, ends, expired: ends !== undefined && ends <= now };
};

/* The same for a page that stands at one of a province's hosts, while the code was signed for another one of them. */
export const verifyPaperHere = async (text, list, now = Date.now() / 1000) => {
  const [, host, rest] = /^https?:\/\/([^/]+)(\/.*)$/i.exec(text.trim()) ?? [];
  const mine = list.keys.filter((key) => hostsOf(key).includes(host?.toLowerCase()) || key.home === host?.toLowerCase());
  const hosts = [...new Set(mine.flatMap(hostsOf))];
  const texts = [text, ...hosts.flatMap((other) => [`https://${other}${rest}`, `http://${other}${rest}`])];
  let first;
  for (const one of texts) {
    try {
      return await verifyPaper(one, list, now);
    } catch (error) {
      if (!(error instanceof Refused) || !['bad_signature', 'untrusted_issuer'].includes(error.message)) throw error;
      first ??= error;
    }
  }
  throw first;
};
