/* Lets the page that checks papers open without a network. Everything comes from the network as long as there is
   one, and is kept for when there is none; a paper's own page is then answered by the page that checks codes. */

const KEPT = 'motcua-paper-1';
const PAGE = '/verify/paper';
const KEYS = '/.well-known/motcua-paper-keys';
const WAIT = 5000;
const READER = ['qrread', 'qrparts', 'qr', 'bytes'].map((name) => `/static/wallet/${name}.js`);
const EXTRA = ['/static/words.js', '/static/papercode.js', ...READER, KEYS];

const keep = async () => {
  const cache = await caches.open(KEPT);
  const answer = await fetch(PAGE, { credentials: 'omit' });
  if (!answer.ok) return;
  const text = await answer.clone().text();
  const used = Array.from(text.matchAll(/(?:href|src)="(\/(?:static\/[^"]+|theme\.css))"/g), (found) => found[1]);
  await cache.put(PAGE, answer);
  await Promise.all([...new Set([...used, ...EXTRA])].map((path) => cache.add(path).catch(() => {})));
};

const fetched = async (request) => {
  const answer = await fetch(request, { signal: AbortSignal.timeout(WAIT) });
  const { pathname } = new URL(request.url);
  if (answer.ok && (pathname.startsWith('/static/') || pathname === KEYS || pathname === '/theme.css')) {
    const cache = await caches.open(KEPT);
    await cache.put(request, answer.clone());
  }
  return answer;
};

self.addEventListener('install', (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== self.location.origin) return;
  const page = request.mode === 'navigate';
  // A page is fetched as it is: a redirect of it may not be answered by ours.
  const online = page ? fetch(request) : fetched(request);
  event.respondWith(online.catch(async () => {
    const cache = await caches.open(KEPT);
    return (await cache.match(page ? PAGE : request)) ?? Response.error();
  }));
});
