// What a person signs together with a presentation (OpenID4VP 1.0 sections 5.1 and 8.4, appendix B.3.3): shown in
// plain words before it is agreed to, its hash stands in the key binding.

import { Refusal, b64uDecode, digestOf, jsonObject } from "./bytes.js";

export const DOSSIER = "vn.motcua.dossier/1";
const ALGORITHM = "sha-256";
const SHA256 = /^[0-9a-f]{64}$/;
const MOST = 10;
const LONGEST = 8192;
const MEMBERS = new Set(["type", "credential_ids", "transaction_data_hashes_alg", "procedure", "form_sha256", "fee"]);

/**
 * Read `transaction_data` of a request: `{text, ids, type, procedure, form, fee}` each. Refuses what the
 * person could not be told: another type, another hash, members that are missing or not known.
 */
export function readTransactions(listed, query) {
  if (listed === undefined) return [];
  if (!Array.isArray(listed) || !listed.length || listed.length > MOST) throw wrong("not an array with entries");
  if (new Set(listed).size !== listed.length) throw wrong("an entry comes twice");
  const known = new Set((query.credentials ?? []).map((entry) => entry?.id));
  return listed.map((text) => readOne(text, known));
}

/** The members of the key binding that sign these transactions. */
export async function hashesOf(transactions) {
  if (!transactions.length) return {};
  const hashes = await Promise.all(transactions.map(({ text }) => digestOf(text)));
  return { transaction_data_hashes: hashes, transaction_data_hashes_alg: ALGORITHM };
}

/** Which transactions each chosen paper signs: every transaction exactly one of the papers it names. */
export function signers(transactions, ids) {
  const found = new Map(ids.map((id) => [id, []]));
  for (const transaction of transactions) {
    const id = transaction.ids.find((one) => found.has(one));
    if (!id) throw new Refusal("not_satisfied", "no chosen paper may sign this");
    found.get(id).push(transaction);
  }
  return found;
}

function readOne(text, known) {
  if (typeof text !== "string" || text.length > LONGEST) throw wrong("not a text, or too long");
  let data;
  try {
    data = jsonObject(b64uDecode(text));
  } catch {
    throw wrong("not base64url JSON");
  }
  const { credential_ids: ids, transaction_data_hashes_alg: algorithms = [ALGORITHM] } = data;
  if (data.type !== DOSSIER) throw wrong("an unknown type");
  if (!Array.isArray(ids) || !ids.length || !ids.every((id) => known.has(id))) throw wrong("credential_ids");
  if (!Array.isArray(algorithms) || !algorithms.includes(ALGORITHM)) throw wrong("only sha-256");
  const { procedure, form_sha256: form, fee } = data;
  if (typeof procedure !== "string" || typeof form !== "string" || !SHA256.test(form)) throw wrong("procedure, form");
  if (Object.keys(data).some((name) => !MEMBERS.has(name))) throw wrong("a member that is not known");
  if (!Number.isInteger(fee) || fee < 0) throw wrong("fee");
  return { text, ids, type: data.type, procedure, form, fee };
}

const wrong = (message) => new Refusal("invalid_transaction_data", message);
