// The wallet without a line. The server writes VERSION and FILES above these lines: the version is the content, so a
// store never mixes two of them. With a line everything comes from the network, so that no old code runs.

const STORE = `motcua-wallet-${VERSION}`;
const PAGE = "/";
const ALL = [PAGE, "/theme.css", ...FILES];
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  const key = request.mode === "navigate" ? PAGE : url.pathname;
  const ours = request.mode === "navigate" ? url.pathname === PAGE : ALL.includes(url.pathname);
  if (ours) event.respondWith(answer(request, key));
});

async function fill() {
  const store = await caches.open(STORE);
  await store.addAll(ALL.map((address) => new Request(address, { cache: "reload" })));
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("motcua-wallet-") && name !== STORE).map((name) => caches.delete(name)));
}

/** The network first; without an answer in time, what is kept. */
async function answer(request, key) {
  const kept = await (await caches.open(STORE)).match(key);
  if (!kept) return fetch(request);
  try {
    return await Promise.race([
      fetch(request),
      new Promise((_, late) => setTimeout(late, PATIENCE, new Error("the network is too slow"))),
    ]);
  } catch {
    return kept;
  }
}
