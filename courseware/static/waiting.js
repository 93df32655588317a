// Sends the marks that wait on this device, names the registers of those that are left, and says of
// which the session is gone: their registers cannot be opened, so they are put away here.

import {line} from "./register-needs.js";
import "./register-queue.js";

const part = document.querySelector("[data-marks-waiting]");
const words = part.dataset;

const isGone = (mark) => mark.state === "refused" && !mark.sentence;
const bySession = (marks) => {
  const groups = new Map();
  for (const mark of marks) groups.set(mark.address, [...groups.get(mark.address) ?? [], mark]);
  return [...groups];
};

try {
  const queue = await self.registerQueue.openQueue(words.owner);
  const show = async (putAway = []) => {
    const marks = await queue.list();
    const lines = bySession(marks.filter((mark) => !isGone(mark))).map(([address, left]) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = address;
      link.textContent = `${left[0].session}: ${left.length}`;
      item.append(link);
      return item;
    });
    for (const [, gone] of bySession(marks.filter(isGone))) {
      const names = gone.map((mark) => mark.name).join(", ");
      const sendAgain = async () => {
        await queue.again(gone);
        await queue.send();
        await show();
      };
      const putAway = async () => {
        await queue.remove(gone);
        await show(gone);
      };
      lines.push(line(`${gone[0].session}: ${names}. ${words.gone}`,
        [words.wordAgain, sendAgain], [words.wordAway, putAway]));
    }
    if (putAway.length) {
      lines.push(line(words.putAway.replace("#", putAway.length), [words.wordUndo, async () => {
        await queue.putBack(putAway);
        await show();
      }]));
    }
    part.querySelector("ul").replaceChildren(...lines);
    part.hidden = lines.length === 0;
  };
  if ((await queue.list()).length) await queue.send();
  await show();
} catch {
  // A browser that keeps nothing has nothing to send.
}
