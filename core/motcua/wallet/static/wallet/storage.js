// What the wallet keeps: papers with a key per copy, what it waits for, sign-ins under way, the history of sharing.
// IndexedDB of this browser. A visit at a station has a store of its own, which its end deletes.

const OWN = "motcua-wallet";
const VISIT = "motcua-wallet-visit";
const STORES = ["papers", "history", "flows", "waiting", "about"];
const FLOW_SECONDS = 20 * 60;
let name = OWN;

/** Use the store of a visit, or the person's own without one; what another visit left is deleted. */
export async function useStore(visit) {
  name = visit ? VISIT : OWN;
  if (!visit) return deleteVisit();
  const before = await run("readonly", ["about"], (about) => about.get("visit"));
  if (before?.value === visit) return undefined;
  await deleteVisit();
  return put("about", { id: "visit", value: visit });
}

/** Delete the store of the visit, with its keys. */
export function deleteVisit() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(VISIT);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

/** All papers, the newest first. */
export async function allPapers() {
  const found = await all("papers");
  return found.sort((a, b) => b.receivedAt - a.receivedAt);
}

export const paperOf = (id) => run("readonly", ["papers"], (papers) => papers.get(id));

/** Keep papers; asks the browser once not to clear the storage by itself. */
export async function addPapers(added) {
  if (name === OWN) await navigator.storage?.persist?.();
  await run("readwrite", ["papers"], (papers) => {
    for (const paper of added) papers.put(paper);
  });
}

/** Change one paper in one transaction; nothing happens when it is gone. */
export function changePaper(id, change) {
  return run("readwrite", ["papers"], (papers) => {
    const found = papers.get(id);
    found.onsuccess = () => {
      if (found.result) papers.put({ ...found.result, ...change(found.result) });
    };
    return found;
  });
}

export const deletePaper = (id) => remove("papers", id);

/** The history of sharing, the newest first. */
export async function allHistory() {
  return (await all("history")).reverse();
}

export const addHistory = (entry) => run("readwrite", ["history"], (history) => history.add(entry));

/** A sign-in that is under way, kept over the journey to the issuer's page and back. */
export const keepFlow = (flow) => put("flows", flow);

/** Take a sign-in out by its state: it is good for one answer. Those that were given up are forgotten too. */
export async function takeFlow(state, now) {
  const kept = await all("flows");
  await Promise.all(kept.filter((flow) => flow.id === state || now - flow.at > FLOW_SECONDS).map((f) => remove("flows", f.id)));
  return kept.find((flow) => flow.id === state);
}

export const allWaiting = () => all("waiting");
export const waitingOf = (id) => run("readonly", ["waiting"], (waiting) => waiting.get(id));
export const keepWaiting = (waiting) => put("waiting", waiting);
export const forgetWaiting = (id) => remove("waiting", id);

/** Forget everything: papers, keys and history. */
export function wipe() {
  return run("readwrite", STORES, (...stores) => {
    for (const store of stores) store.clear();
  });
}

const all = (store) => run("readonly", [store], (kept) => kept.getAll());
const put = (store, value) => run("readwrite", [store], (kept) => kept.put(value));
const remove = (store, id) => run("readwrite", [store], (kept) => kept.delete(id));

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 2);
    request.onupgradeneeded = ({ oldVersion }) => upgrade(request, oldVersion);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function upgrade({ result: database, transaction }, before) {
  if (before < 1) {
    database.createObjectStore("papers", { keyPath: "id" });
    database.createObjectStore("history", { keyPath: "id", autoIncrement: true });
  }
  for (const store of ["flows", "waiting", "about"]) database.createObjectStore(store, { keyPath: "id" });
  if (before === 1) toCopies(transaction.objectStore("papers"));
}

/** Version 1 kept one credential with one key. */
function toCopies(papers) {
  papers.openCursor().onsuccess = ({ target: { result: cursor } }) => {
    if (!cursor) return;
    const { credential, key, ...paper } = cursor.value;
    cursor.update({ ...paper, copies: [{ credential, key, seenBy: [] }], grant: null, trusted: true });
    cursor.continue();
  };
}

/** Run `work(stores…)` in one transaction; resolves with the result of the request it returns. */
async function run(mode, names, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(names, mode);
      const request = work(...names.map((one) => transaction.objectStore(one)));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}
