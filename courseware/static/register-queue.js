// Marks of registers, kept on this device until the server has answered for each of them. Every
// mark has a key of its own, so that one that is sent twice is saved once.

const MARKS = "marks";
const STATES = "states";
const MOST_AT_ONCE = 200;

const result = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
const finished = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = resolve;
  transaction.onabort = transaction.onerror = () => reject(transaction.error);
});

export function saysOf(mark) {
  return mark.status === "none" ? "none" : [mark.status, mark.from, mark.until].join("|");
}

const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");

// What is sent carries the name of who made it: it never goes out under somebody else's.
export async function openQueue(owner, token) {
  const opening = indexedDB.open("courseware-registers", 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(MARKS, {keyPath: "id", autoIncrement: true});
    opening.result.createObjectStore(STATES, {keyPath: "address"});
  };
  const base = await result(opening);
  let csrf = token;

  const change = async (work) => {
    const transaction = base.transaction(MARKS, "readwrite", {durability: "strict"});
    const store = transaction.objectStore(MARKS);
    const done = finished(transaction);
    await work(store, await result(store.getAll()));
    await done;
  };
  const everything = () => result(base.transaction(MARKS).objectStore(MARKS).getAll());
  const list = async () => (await everything()).filter((mark) => mark.owner === owner);
  const countOthers = async () => (await everything()).filter((mark) => mark.owner !== owner).length;

  const add = (store, mark) => store.add({
    ...mark, owner, key: newKey(), at: new Date().toISOString(), state: "waiting", tried: false,
  });

  // A mark replaces one of the same cell that was not sent yet; tapped back, none is left.
  const put = (mark) => change((store, marks) => {
    let seen = mark.seen;
    for (const other of marks) {
      if (other.owner !== owner || other.address !== mark.address) continue;
      if (other.enrolment !== mark.enrolment) continue;
      if (other.state === "waiting" && other.tried) {
        seen = saysOf(other);
        continue;
      }
      if (other.state === "waiting") seen = other.seen;
      store.delete(other.id);
    }
    if (saysOf(mark) !== seen || mark.note) add(store, {...mark, kind: "mark", seen});
  });

  const putWalkIn = (walkIn) => change((store) => add(store, {...walkIn, kind: "walk-in"}));
  const remove = (id) => change((store) => store.delete(id));
  const again = (id) => change((store, marks) => {
    const mark = marks.find((each) => each.id === id);
    if (mark) store.put({...mark, state: "waiting", tried: false, sentence: ""});
  });

  const ask = (address, more = {}) => fetch(address, {
    credentials: "same-origin", cache: "no-store", redirect: "manual",
    signal: AbortSignal.timeout?.(20000), ...more,
  });

  // What the register says now: null without a network, else the answer and a fresh key.
  const readState = async (address) => {
    let answer;
    try {
      answer = await ask(`${address}/state`);
    } catch {
      return {problem: "network"};
    }
    if (answer.type === "opaqueredirect") return {problem: "signed-out"};
    if (answer.status === 403 || answer.status === 404) return {problem: "gone"};
    if (!answer.ok) return {problem: "network"};
    const state = await answer.json();
    if (state.owner !== owner) return {problem: "signed-out"};
    csrf = state.csrf;
    await keepState(address, state);
    return state;
  };

  const post = async (address, marks) => {
    const body = JSON.stringify({owner, sent: new Date().toISOString(), marks});
    const headers = {"Content-Type": "application/json", "X-CSRFToken": csrf};
    const answer = await ask(`${address}/marks`, {method: "POST", headers, body});
    if (answer.ok) return answer.json();
    if (answer.status === 429 || answer.status >= 500) return {problem: "network"};
    return {problem: "refused"};
  };

  const sendTo = async (address, marks) => {
    await change((store) => marks.forEach((mark) => store.put({...mark, tried: true})));
    try {
      let said = await post(address, marks);
      if (said.problem === "refused") {
        // The key of a page that stood open for long has run out: one more try with a fresh one.
        const state = await readState(address);
        if (state.problem) return state;
        said = await post(address, marks);
      }
      return said;
    } catch {
      return {problem: "network"};
    }
  };

  const keepState = async (address, {at, closed, people}) => {
    const transaction = base.transaction(STATES, "readwrite");
    transaction.objectStore(STATES).put({address, at, closed, people});
    await finished(transaction);
  };
  const keptState = (address) => result(base.transaction(STATES).objectStore(STATES).get(address));

  const settle = (marks, said) => change((store, kept) => {
    const left = new Map(kept.map((mark) => [mark.id, mark]));
    for (const {id, key} of marks) {
      const mark = left.get(id);
      if (!mark) continue;
      if (said.problem === "gone") store.put({...mark, state: "refused", sentence: ""});
      const answer = said.answers?.[key];
      if (answer?.outcome === "saved") store.delete(id);
      else if (answer) store.put({...mark, state: answer.outcome, sentence: answer.sentence});
    }
  });

  const sendAll = async (told) => {
    let problem = null;
    const waiting = (await list()).filter((mark) => mark.state === "waiting");
    for (const address of new Set(waiting.map((mark) => mark.address))) {
      const marks = waiting.filter((mark) => mark.address === address).slice(0, MOST_AT_ONCE);
      const said = await sendTo(address, marks);
      await settle(marks, said);
      if (said.people) await keepState(address, said);
      if (said.problem !== "gone") problem ??= said.problem ?? null;
      if (said.problem === "network") break;
      told(address, said);
    }
    return problem;
  };

  // One page of this browser sends at a time.
  const send = (told = () => {}) =>
    navigator.locks ? navigator.locks.request("registers", () => sendAll(told)) : sendAll(told);

  return {put, putWalkIn, list, countOthers, remove, again, send, readState, keptState};
}
