// Keeps the page that verifies without network, and answers with it where the network does not.
// The server puts the list FILES in front: the page itself first, then what it loads.

const CACHE = "offline-" + FILES.join(" ");

self.addEventListener("install", event => {
  event.waitUntil(
    caches.open(CACHE).then(cache => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", event => {
  event.waitUntil(
    caches.keys()
      .then(names => Promise.all(
        names.filter(name => name.startsWith("offline-") && name !== CACHE).map(name => caches.delete(name))))
      .then(() => self.clients.claim()));
});

self.addEventListener("fetch", event => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).then(keepNewest).catch(() => caches.match(FILES[0])));
  } else if (FILES.includes(address.pathname)) {
    event.respondWith(caches.match(address.pathname).then(kept => kept ?? fetch(event.request)));
  }
});

// The page carries the public keys: keep it as it is now.
function keepNewest(response) {
  if (response.ok && new URL(response.url).pathname === FILES[0]) {
    const copy = response.clone();
    caches.open(CACHE).then(cache => cache.put(FILES[0], copy));
  }
  return response;
}
