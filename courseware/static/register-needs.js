// What a person has to know of the marks on this device: not sent, refused, or marked otherwise by
// somebody else meanwhile; each with what can be done.

import "./register-queue.js";
import {page} from "./register-rows.js";

const {saysOf} = self.registerQueue;

const needs = document.querySelector("[data-needs]");
const toNeeds = document.querySelector("[data-to-needs]");
const words = page ? JSON.parse(page.words) : {};
const inWords = (said) => {
  const [status, ...times] = said.split("|");
  return [words[status], times.filter(Boolean).join("–")].filter(Boolean).join(" ");
};
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// One thing in as many paragraphs as `text` has, with its buttons; an act that is a string is an
// address.
export function line(text, ...buttons) {
  const item = document.createElement("li");
  for (const each of [text].flat()) {
    const paragraph = document.createElement("p");
    paragraph.textContent = each;
    item.append(paragraph);
  }
  if (buttons.length) {
    const acts = document.createElement("p");
    acts.className = "acts";
    for (const [word, act] of buttons) {
      const button = document.createElement(typeof act === "string" ? "a" : "button");
      button.textContent = word;
      if (typeof act === "string") button.href = act;
      else {
        button.type = "button";
        button.addEventListener("click", act);
      }
      button.className = "btn btn-outline-primary btn-sm";
      acts.append(button);
    }
    item.append(acts);
  }
  return item;
}

const mineOf = (mark) => (mark.kind === "walk-in" ? "" : inWords(saysOf(mark)));
const whereOf = (mark, address) => (mark.address === address ? "" : `${mark.session}: `);

// Many marks in short: "absent: Aida Sarsen, Bekzat Omar; late 08:20: Zarina Li".
function namesOf(marks) {
  const said = new Map();
  for (const mark of marks) {
    const mine = mineOf(mark);
    said.set(mine, [...said.get(mine) ?? [], mark.name]);
  }
  return [...said].map(([mine, names]) => [mine, names.join(", ")].filter(Boolean).join(": "))
    .join("; ");
}

// What was refused, once for all marks that were refused with the same sentence.
function refusedLines(refused, address, act) {
  const groups = new Map();
  for (const mark of refused) {
    const why = `${mark.address} ${mark.sentence}`;
    groups.set(why, [...groups.get(why) ?? [], mark]);
  }
  return [...groups.values()].map((marks) => {
    const where = whereOf(marks[0], address);
    const sentence = marks[0].sentence || page.gone;
    const who = marks.length > 1 ? "" : [marks[0].name, mineOf(marks[0])].filter(Boolean).join(", ");
    const text = who ? `${where}${who}. ${sentence}` : [`${where}${sentence}`, namesOf(marks)];
    const [again, away] = [() => act.sendAgain(marks), () => act.putAway(marks)];
    return line(text, [page.wordAgain, again], [page.wordAway, away]);
  });
}

// What somebody else marked otherwise meanwhile.
function meanwhileLine(mark, {address, people}, act) {
  const [where, mine] = [whereOf(mark, address), mineOf(mark)];
  const cell = people?.[mark.enrolment];
  if (mark.address !== address || !cell) {
    return line(`${where}${mark.name}, ${mine}. ${page.elsewhere}`, [page.wordOpen, mark.address]);
  }
  const text = fill(page.meanwhile, {
    name: mark.name, mine, theirs: inWords(cell.was), by: cell.by || "?", time: cell.when,
  });
  const away = () => act.putAway([mark]);
  return line(text, [page.wordTheirs, away], [page.wordMine, () => act.insist(mark, cell.was)]);
}

// `now` is how things stand on this device; `act` has what the buttons do. The bar at the bottom
// leads to what needs somebody, who may be far down in a long list.
export function showNeeds(now, act) {
  const lines = [];
  if (now.problem === "signed-out" && now.waiting) {
    const text = page.signedOut.replace("#", now.waiting);
    lines.push(line(text, [page.wordSignIn, page.signIn]));
  }
  if (!now.isKept && now.waiting) lines.push(line(page.notKept));
  if (now.hasChanged) lines.push(line(page.listChanged, [page.wordReload, now.address]));
  const refused = now.answered.filter((mark) => mark.state === "refused");
  lines.push(...refusedLines(refused, now.address, act));
  for (const mark of now.answered) {
    if (mark.state !== "refused") lines.push(meanwhileLine(mark, now, act));
  }
  toNeeds.hidden = lines.length === 0;
  if (now.putAway.length) {
    const text = page.putAway.replace("#", now.putAway.length);
    lines.push(line(text, [page.wordUndo, act.undo]));
  }
  if (now.others) lines.push(line(page.others.replace("#", now.others)));
  needs.hidden = lines.length === 0;
  const text = lines.map((each) => each.textContent).join("\n");
  if (needs.dataset.text === text) return;
  needs.dataset.text = text;
  needs.querySelector("ul").replaceChildren(...lines);
}

// Who was added on this device stands in the list at once, and as waiting until it is sent.
export function showWalkIns(waiting, answered, address) {
  const list = document.querySelector("[data-walk-ins]");
  for (const item of list?.querySelectorAll("[data-kept]") ?? []) {
    const isIt = (mark) => mark.key === item.dataset.kept;
    item.classList.toggle("is-waiting", waiting.some(isIt));
    if (answered.some(isIt)) item.remove();
  }
  for (const mark of waiting) {
    if (!list || mark.kind !== "walk-in" || mark.address !== address) continue;
    if (list.querySelector(`[data-kept="${mark.key}"]`)) continue;
    const item = document.createElement("li");
    item.dataset.kept = mark.key;
    item.className = "is-waiting";
    item.textContent = [mark.name, mark.from].filter(Boolean).join(" · ");
    list.append(item);
  }
}
