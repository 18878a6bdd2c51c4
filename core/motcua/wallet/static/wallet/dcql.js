// Digital Credentials Query Language (OpenID4VP 1.0 section 6) for dc+sd-jwt, from the wallet's side.

import { Refusal, isObject } from "./bytes.js";

/**
 * Find what a person may choose among: `{matches, sets}`. `matches` is a Map from the id of a credential query to
 * its matches; each set is `{required, options}` with the options, lists of ids, that this wallet can meet. Refuses
 * when a required set has none.
 */
export function choicesOf(query, candidates) {
  checkQuery(query);
  const matches = matchesOf(query, candidates);
  const sets = setsOf(query).map(({ options, required }) => ({
    required: required !== false,
    options: options.filter((ids) => ids.every((id) => matches.has(id))),
  }));
  const lacking = sets.some((set) => set.required && !set.options.length);
  const left = sets.filter((set) => set.options.length);
  if (lacking || !left.length) throw new Refusal("not_satisfied", "no paper fits the request");
  return { matches, sets: left };
}

/**
 * Find what can be presented. `candidates` are `{vct, claims}`. Returns a Map from the id of a credential
 * query to its matches `{candidate, reveal}`, best first; refuses when the wallet lacks something.
 */
export function findMatches(query, candidates) {
  checkQuery(query);
  const matches = matchesOf(query, candidates);
  const chosen = choose(query, matches);
  return new Map([...matches].filter(([id]) => chosen.has(id)));
}

function matchesOf(query, candidates) {
  const matches = new Map();
  for (const entry of query.credentials) {
    const found = [];
    candidates.forEach((candidate, number) => {
      const reveal = revealFor(entry, candidate);
      if (reveal) found.push({ candidate: number, reveal });
    });
    if (found.length) matches.set(entry.id, found);
  }
  return matches;
}

const setsOf = (query) => query.credential_sets ?? [{ options: [query.credentials.map((entry) => entry.id)] }];

/** The values a path points to: a name, an index, or null for every element. */
export function valuesAt(claims, path) {
  let current = [claims];
  for (const step of path) {
    current = current.flatMap((parent) => {
      if (typeof step === "string") return isObject(parent) && Object.hasOwn(parent, step) ? [parent[step]] : [];
      if (!Array.isArray(parent)) return [];
      return step === null ? parent : parent.slice(step, step + 1);
    });
  }
  return current;
}

function revealFor(entry, { vct, claims }) {
  if (entry.format !== "dc+sd-jwt" || !(entry.meta.vct_values ?? []).includes(vct)) return null;
  const wanted = entry.claims ?? [];
  const byId = new Map(wanted.map((claim) => [claim.id, claim]));
  const options = entry.claim_sets?.map((ids) => ids.map((id) => byId.get(id)).filter(Boolean)) ?? [wanted];
  const option = options.find((list) => list.every((claim) => isMet(claim, claims)));
  return option ? [...new Set(option.map((claim) => claim.path[0]))] : null;
}

function isMet(claim, claims) {
  const found = valuesAt(claims, claim.path);
  return claim.values ? found.some((value) => claim.values.includes(value)) : found.length > 0;
}

function choose(query, matches) {
  const chosen = new Set();
  for (const set of setsOf(query)) {
    const option = set.options.find((ids) => ids.every((id) => matches.has(id)));
    if (!option && set.required !== false) throw new Refusal("not_satisfied", "no paper fits the request");
    for (const id of option ?? []) chosen.add(id);
  }
  return chosen;
}

function checkQuery(query) {
  const lists = (value) => Array.isArray(value) && value.every(Array.isArray);
  const step = (value) => value === null || typeof value === "string" || (Number.isInteger(value) && value >= 0);
  const claim = (value) =>
    isObject(value) && Array.isArray(value.path) && typeof value.path[0] === "string" && value.path.every(step);
  const entry = (value) =>
    isObject(value) &&
    typeof value.id === "string" &&
    isObject(value.meta) &&
    (value.claims ?? []).every(claim) &&
    lists(value.claim_sets ?? []);
  const fits =
    isObject(query) &&
    Array.isArray(query.credentials) &&
    query.credentials.length > 0 &&
    query.credentials.every(entry) &&
    (query.credential_sets ?? []).every((set) => isObject(set) && lists(set.options));
  if (!fits) throw new Refusal("malformed", "the query breaks the rules");
}
