// Answers with a feedback form that was opened before where the network does not, and with what it
// loads. Its place in the address, /feedback/, is all it answers for.

const CACHE = "feedback-forms";
const PATIENCE = 6000;
const MOST_ASSETS = 40;
const LONGEST = 30 * 24 * 60 * 60 * 1000;
const FORM = /^\/feedback\/(link\/[^/]+|[^/]+\/(answer|slip\/[^/]+))$/;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil(prune().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  if (event.request.mode === "navigate") {
    if (FORM.test(address.pathname)) event.respondWith(page(event, address.pathname));
  } else if (address.pathname.startsWith("/assets/")) {
    event.respondWith(asset(event.request));
  }
});

// The network first; a network that does not answer in time counts as none. A form that has been
// sent is not kept any longer.
async function page(event, key) {
  const answer = fetch(event.request).then(async (response) => {
    const cache = await caches.open(CACHE);
    if (response.ok && !response.redirected) await cache.put(key, response.clone());
    else if (response.status === 404 || response.status === 409) await cache.delete(key);
    return response;
  });
  const kept = await caches.match(key, {cacheName: CACHE});
  if (!kept) return answer;
  event.waitUntil(answer.catch(() => {}));
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  return Promise.race([answer, late]).catch(() => kept);
}

// Assets are named by what is in them, so a kept one is always right.
async function asset(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

async function prune() {
  const cache = await caches.open(CACHE);
  const assets = [];
  for (const request of await cache.keys()) {
    if (new URL(request.url).pathname.startsWith("/assets/")) {
      assets.push(request);
      continue;
    }
    const kept = await cache.match(request);
    const age = Date.now() - Date.parse(kept?.headers.get("Date") ?? "");
    if (!(age < LONGEST)) await cache.delete(request);
  }
  for (const request of assets.slice(0, -MOST_ASSETS)) await cache.delete(request);
}
