// Sends the marks that wait on this device, and names the registers of those that are left.

import "./register-queue.js";

const part = document.querySelector("[data-marks-waiting]");

try {
  const queue = await self.registerQueue.openQueue(part.dataset.owner);
  if ((await queue.list()).length) await queue.send();
  const left = new Map();
  for (const mark of await queue.list()) {
    left.set(mark.address, [mark.session, (left.get(mark.address)?.[1] ?? 0) + 1]);
  }
  part.querySelector("ul").replaceChildren(...[...left].map(([address, [session, count]]) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = address;
    link.textContent = `${session}: ${count}`;
    item.append(link);
    return item;
  }));
  part.hidden = left.size === 0;
} catch {
  // A browser that keeps nothing has nothing to send.
}
