// What the wallet keeps: papers with their keys, and the history of sharing. IndexedDB of this browser.

const NAME = "motcua-wallet";

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("papers", { keyPath: "id" });
      request.result.createObjectStore("history", { keyPath: "id", autoIncrement: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Run `work(stores…)` in one transaction; resolves with the result of the request it returns. */
async function run(mode, names, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(names, mode);
      const request = work(...names.map((name) => transaction.objectStore(name)));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** All papers, the newest first. */
export async function allPapers() {
  const found = await run("readonly", ["papers"], (papers) => papers.getAll());
  return found.sort((a, b) => b.receivedAt - a.receivedAt);
}

/** Keep papers; asks the browser once not to clear the storage by itself. */
export async function addPapers(added) {
  await navigator.storage?.persist?.();
  await run("readwrite", ["papers"], (papers) => {
    for (const paper of added) papers.put(paper);
  });
}

export const deletePaper = (id) => run("readwrite", ["papers"], (papers) => papers.delete(id));

/** The history of sharing, the newest first. */
export async function allHistory() {
  return (await run("readonly", ["history"], (history) => history.getAll())).reverse();
}

export const addHistory = (entry) => run("readwrite", ["history"], (history) => history.add(entry));

/** Forget everything: papers, keys and history. */
export function wipe() {
  return run("readwrite", ["papers", "history"], (papers, history) => {
    papers.clear();
    history.clear();
  });
}
