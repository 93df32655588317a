// The part that our workers share: answers with a page that was opened before where the network
// does not, and with what it loads. A script, not a module: old browsers take no module as worker.

const PATIENCE = 6000;
const GONE = new Set([403, 404, 409]);

// Keeps in `cache` the pages whose path `isPage`, for `days`, with the newest `assets` they load.
function keepPages({cache: name, isPage, days, assets: most}) {
  self.addEventListener("install", () => self.skipWaiting());

  self.addEventListener("activate", (event) => {
    event.waitUntil(prune().catch(() => {}).then(() => self.clients.claim()));
  });

  self.addEventListener("fetch", (event) => {
    const address = new URL(event.request.url);
    if (event.request.method !== "GET" || address.origin !== location.origin) return;
    if (event.request.mode === "navigate") {
      if (isPage(address.pathname)) event.respondWith(page(event, address.pathname));
    } else if (address.pathname.startsWith("/assets/")) {
      event.respondWith(asset(event.request));
    }
  });

  // The network first; a network that does not answer in time counts as none. A page that is no
  // longer there for this person is not kept any longer.
  async function page(event, key) {
    const answer = fetch(event.request).then(async (response) => {
      const type = response.headers.get("Content-Type") ?? "";
      if (response.ok && !response.redirected && type.startsWith("text/html")) {
        await keep(key, response);
      } else if (GONE.has(response.status)) {
        await caches.open(name).then((cache) => cache.delete(key)).catch(() => {});
      }
      return response;
    });
    const kept = await find(key);
    if (!kept) return answer;
    event.waitUntil(answer.catch(() => {}));
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
    return Promise.race([answer, late]).catch(() => kept);
  }

  // Assets are named by what is in them, so a kept one is always right.
  async function asset(request) {
    const kept = await find(request);
    if (kept) return kept;
    const response = await fetch(request);
    if (response.ok) await keep(request, response);
    return response;
  }

  // A device whose storage is full or denied goes on as if nothing were kept.
  const find = (key) => caches.match(key, {cacheName: name}).catch(() => undefined);
  async function keep(key, response) {
    const copy = response.clone();
    await caches.open(name).then((cache) => cache.put(key, copy)).catch(() => {});
  }

  async function prune() {
    const cache = await caches.open(name);
    const assets = [];
    for (const request of await cache.keys()) {
      if (new URL(request.url).pathname.startsWith("/assets/")) {
        assets.push(request);
        continue;
      }
      const kept = await cache.match(request);
      const age = Date.now() - Date.parse(kept?.headers.get("Date") ?? "");
      if (!(age < days * 24 * 60 * 60 * 1000)) await cache.delete(request);
    }
    for (const request of assets.slice(0, -most)) await cache.delete(request);
  }
}
