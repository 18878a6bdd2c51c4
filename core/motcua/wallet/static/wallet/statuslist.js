// Token Status List: verify the token of a list and read one entry.

import { Refusal, b64uDecode, isObject } from "./bytes.js";
import { verifyJws } from "./jws.js";

export const NAMES = ["valid", "revoked", "suspended"];
const MAX_BYTES = 16 * 1024 * 1024;

/** Return the status (0 valid, 1 revoked, 2 suspended) at `idx` of the list published at `uri`. */
export async function readStatus(token, { uri, idx }, issuerKey, now) {
  const { payload } = await verifyJws(token, issuerKey, "statuslist+jwt");
  if (payload.sub !== uri) throw new Refusal("malformed", "sub is not the address of the list");
  if (payload.exp !== undefined && payload.exp <= now) throw new Refusal("expired", "the status list has expired");
  const list = payload.status_list;
  if (!isObject(list) || ![1, 2, 4, 8].includes(list.bits)) throw new Refusal("malformed", "not a status list");
  const raw = await inflate(b64uDecode(list.lst), MAX_BYTES);
  const bit = idx * list.bits;
  const place = Math.floor(bit / 8);
  if (!Number.isInteger(idx) || idx < 0 || place >= raw.length) throw new Refusal("malformed", "index outside");
  return (raw[place] >> bit % 8) & ((1 << list.bits) - 1);
}

async function inflate(bytes, limit) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const chunks = [];
  let total = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      total += part.value.length;
      if (total > limit) break;
      chunks.push(part.value);
    }
  } catch {
    throw new Refusal("malformed", "the status list is not zlib data");
  }
  if (total > limit) {
    await reader.cancel();
    throw new Refusal("malformed", "the status list is too large");
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
