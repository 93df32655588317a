// What a register adds to the queue of this device, when it is sent, and what the page shows of it.

import {showNeeds, showWalkIns} from "./register-needs.js";
import "./register-queue.js";
import {
  dialog, form, idOf, isChanged, markOf, nameOf, page, rows, show, showSaid, was,
} from "./register-rows.js";

const {openQueue, saysOf} = self.registerQueue;

const SEEN = "courseware-register-seen";
const OLD = 60000;
const address = location.pathname;
const rowOf = new Map(rows.map((row) => [idOf(row), row]));
const isWaiting = (mark) => mark.state === "waiting";
const isHere = (mark) => mark.address === address;

export async function keepOnDevice() {
  const queue = await openQueue(page.owner, form.elements.csrf_token?.value);
  const saved = form.querySelector("[data-saved]");
  const queueing = new Set();
  let people = null;
  let heard = page.made;
  let lastSaved = saved.textContent;
  let problem = null;
  let hasChanged = false;
  let putAway = [];
  let waiting = 0;
  let sending = null;
  let timer = 0;
  let asked = Date.parse(page.made);
  let fastBy = 0;

  // A page that was kept carries an old key, which must not be taken for a form sent before.
  if (form.elements._key) form.elements._key.value = crypto.randomUUID?.() ?? String(Math.random());

  // Showing --------------------------------------------------------------------------------------

  const tell = async () => {
    const kept = await queue.list();
    const left = kept.filter(isWaiting);
    const answered = [];
    for (const mark of kept.filter((each) => !isWaiting(each))) {
      const isAgreed = mark.state === "meanwhile" && isHere(mark)
        && people?.[mark.enrolment]?.was === saysOf(mark);
      if (isAgreed) await queue.remove([mark]);
      else answered.push(mark);
    }
    waiting = new Set(left.map((mark) => `${mark.address} ${mark.enrolment ?? mark.key}`)).size;
    form.classList.toggle("is-unsaved", waiting > 0 && problem !== null);
    let text = lastSaved;
    if (waiting && problem === "signed-out") text = ` · ${page.notSaved.replace("#", waiting)}`;
    else if (waiting && problem) text = ` · ${page.waiting.replace("#", waiting)}`;
    else if (waiting) text = ` · ${page.sending}`;
    if (saved.textContent !== text) saved.textContent = text;
    const others = await queue.countOthers();
    const isKept = queue.isKept();
    showNeeds(
      {address, answered, hasChanged, isKept, others, people, problem, putAway, waiting}, acts);
    showWalkIns(left, answered, address);
    form.dispatchEvent(new Event("recount"));
  };

  // What waits here is shown in its row, in all other rows what the server said.
  const showRows = async () => {
    if (!dialog) return tell();
    const left = new Map((await queue.list()).filter((mark) => isWaiting(mark) && isHere(mark))
      .map((mark) => [mark.enrolment, mark]));
    for (const [id, row] of rowOf) {
      const mark = left.get(id);
      if (queueing.has(row)) continue;
      if (mark) show(row, mark, saysOf(mark) !== was(row) || Boolean(mark.note));
      else showSaid(row, people?.[id]?.was ?? was(row));
    }
    return tell();
  };

  const take = (state) => {
    if (Date.parse(state.at) < Date.parse(heard)) return;
    people = state.people;
    heard = state.at;
    if (state.savedAt) lastSaved = ` · ${page.wordSaved.replace("#", state.savedAt)}`;
    if (state.csrf && form.elements.csrf_token) form.elements.csrf_token.value = state.csrf;
    if (Boolean(state.closed) !== Boolean(page.closed)) hasChanged = true;
    if (Object.keys(people).some((id) => !rowOf.has(id))) hasChanged = true;
  };

  // Said just now: so we know by how much the clock of this device is wrong.
  const takeNow = (state) => {
    asked = Date.now();
    fastBy = asked - Date.parse(state.at);
    take(state);
  };

  // What the server said to another page of this register, or to the worker.
  const catchUp = async () => {
    const kept = await queue.keptState(address);
    if (kept && Date.parse(kept.at) > Date.parse(heard)) take(kept);
    await showRows();
  };

  const refresh = async () => {
    const state = navigator.onLine ? await queue.readState(address) : {problem: "network"};
    if (state.problem) return;
    takeNow(state);
    await showRows();
  };

  // Sending --------------------------------------------------------------------------------------

  // From here on the browser sends, when there is a network, even if this page is gone.
  const leaveToWorker = async () => {
    try {
      const worker = await navigator.serviceWorker.getRegistration("/sessions/");
      await worker.sync.register("registers");
    } catch {
      // Browsers without it send when the next page of ours is opened.
    }
  };

  const sendNow = async () => {
    const told = [];
    try {
      const tell = (where, state) => told.push([where, state]);
      problem = navigator.onLine ? await queue.send(tell) : "network";
    } catch {
      problem = "network";
    }
    for (const [where, state] of told) {
      if (where === address && state.people) takeNow(state);
    }
    await showRows();
    if (!waiting || problem === "signed-out") return;
    if (problem === "network") leaveToWorker();
    timer = window.setTimeout(send, problem ? 15000 : 300);
  };
  const send = () => {
    window.clearTimeout(timer);
    sending ??= Promise.resolve().then(sendNow).finally(() => {
      sending = null;
    });
    return sending;
  };

  const keep = async (...changed) => {
    putAway = [];
    for (const row of changed) queueing.add(row);
    try {
      await queue.put(...changed.map((row) => ({
        address, session: page.session, enrolment: idOf(row), name: nameOf(row), ...markOf(row),
        seen: was(row),
      })));
    } finally {
      for (const row of changed) queueing.delete(row);
    }
    await tell();
    window.clearTimeout(timer);
    timer = window.setTimeout(send, navigator.onLine ? 1200 : 0);
  };

  const addWalkIn = async (name, from) => {
    await queue.putWalkIn({address, session: page.session, name, from});
    await tell();
    await send();
  };

  const acts = {
    putAway: async (marks) => {
      putAway = marks;
      await queue.remove(marks);
      await tell();
    },
    undo: async () => {
      await queue.putBack(putAway.splice(0));
      await tell();
    },
    sendAgain: async (marks) => {
      await queue.again(marks);
      await send();
    },
    insist: async (mark, seen) => {
      const {session, enrolment, name, status, from, until, note} = mark;
      await queue.remove([mark]);
      await queue.put({address, session, enrolment, name, status, from, until, note, seen});
      await showRows();
      await send();
    },
  };

  // Beginning ------------------------------------------------------------------------------------

  // A copy of the page that was looked at before: told by the pages, since a clock may be wrong.
  const wasSeen = () => {
    try {
      const seen = Date.parse(localStorage.getItem(SEEN)) >= Date.parse(page.made);
      if (!seen) localStorage.setItem(SEEN, page.made);
      return seen;
    } catch {
      return false;
    }
  };

  // Tapped before this script was ready.
  const tappedEarly = dialog ? rows.filter(isChanged) : [];

  const begin = async () => {
    if (tappedEarly.length) await keep(...tappedEarly);
    // This page may have been kept before the last marks were saved.
    await catchUp();
    if (wasSeen()) document.querySelectorAll(".flash").forEach((flash) => flash.remove());
    const isOld = Math.abs(Date.now() - asked) > OLD;
    const isUnsettled = (await queue.list()).some((mark) => mark.state === "meanwhile");
    if (isOld || isUnsettled) await refresh();
    await send();
  };

  queue.listen(catchUp);
  addEventListener("online", send);
  addEventListener("offline", () => {
    problem = "network";
    tell();
  });
  addEventListener("beforeunload", (event) => {
    if (waiting && !queue.isKept()) event.preventDefault();
  });
  document.addEventListener("visibilitychange", async () => {
    if (document.hidden) {
      if (waiting || queueing.size) leaveToWorker();
      return;
    }
    if (Date.now() - asked > OLD) await refresh();
    await send();
  });

  // What was tapped while something else was being sent goes out with the next try.
  const hasArrived = async () => {
    await send();
    for (let more = 5; more && waiting && problem === null; more -= 1) await send();
    return !waiting && problem === null && navigator.onLine;
  };
  const say = (text) => {
    saved.textContent = ` · ${text}`;
  };
  const now = () => new Date(Date.now() - fastBy);
  return {now, begin, keep, addWalkIn, hasArrived, say};
}

// The page itself is kept too, with what it loads.
export async function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  try {
    const isFirst = !navigator.serviceWorker.controller;
    await navigator.serviceWorker.register(page.worker, {scope: "/sessions/"});
    await navigator.serviceWorker.ready;
    if (isFirst) {
      const cache = await caches.open("registers");
      const assets = performance.getEntriesByType("resource").map((entry) => entry.name);
      const ours = assets.filter((name) => new URL(name).pathname.startsWith("/assets/"));
      await cache.addAll([address, ...new Set(ours)]);
    }
  } catch {
    // Without it the register works as long as the page is open.
  }
  form.dataset.kept = "yes";
}
