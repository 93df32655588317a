// Keeps the registers that were opened on this device, and sends what waits here once there is a
// network, page or no page. Its place in the address, /sessions/, is all it answers for.

importScripts("./kept-pages.js", "./register-queue.js");

const REGISTER = /^\/sessions\/[^/]+\/register$/;

keepPages({
  cache: "registers", isPage: (path) => REGISTER.test(path), days: 14, assets: 60,
});

self.addEventListener("sync", (event) => {
  if (event.tag === "registers") event.waitUntil(sendWhatWaits());
});

// Of several people's marks those go out that belong to who is signed in; the others wait. An error
// asks the browser to call again later.
async function sendWhatWaits() {
  const {listOwners, openQueue} = self.registerQueue;
  for (const owner of await listOwners()) {
    const queue = await openQueue(owner);
    const problem = await queue.send();
    if (problem === "network") throw new Error("no network yet");
  }
}
