// Marks of registers, kept on this device until the server has answered for each of them. Every
// mark has a key of its own, so that one that is sent twice is saved once.
//
// Pages take this file as a module, the worker as a script, since old browsers take no module as
// worker: so it exports nothing and puts what it offers on `self`.

self.registerQueue = (() => {
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

  const saysOf = (mark) =>
    mark.status === "none" ? "none" : [mark.status, mark.from, mark.until].join("|");
  const isWaiting = (mark) => mark.state === "waiting";
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");

  async function openBase() {
    const opening = indexedDB.open("courseware-registers", 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(MARKS, {keyPath: "id", autoIncrement: true});
      opening.result.createObjectStore(STATES, {keyPath: "address"});
    };
    return result(opening);
  }

  // Where a browser keeps nothing, or from now on nothing more, what is new lives in the page.
  function spareStore(forget) {
    const changed = new Map();
    let newest = 0;
    return {
      add: (mark) => changed.set(`spare-${newest += 1}`, {...mark, id: `spare-${newest}`}),
      put: (mark) => changed.set(mark.id, mark),
      delete: (id) => {
        changed.set(id, null);
        forget(id);
      },
      over: (kept) => {
        const all = new Map([...kept.map((mark) => [mark.id, mark]), ...changed]);
        return [...all.values()].filter(Boolean);
      },
    };
  }

  async function openMarks() {
    const base = await openBase().catch(() => null);
    const marksOf = (transaction) => transaction.objectStore(MARKS);
    // A full storage still lets go of what it has.
    const forget = (id) => {
      try {
        marksOf(base.transaction(MARKS, "readwrite")).delete(id);
      } catch {
        // It is sent once more, under the same key.
      }
    };
    let spare = base ? null : spareStore(() => {});

    const kept = async () => {
      try {
        return base ? await result(marksOf(base.transaction(MARKS)).getAll()) : [];
      } catch {
        spare ??= spareStore(forget);
        return [];
      }
    };
    const all = async () => {
      const marks = await kept();
      return spare ? spare.over(marks) : marks;
    };
    const changeKept = async (work) => {
      const transaction = base.transaction(MARKS, "readwrite", {durability: "strict"});
      const done = finished(transaction);
      const answer = work(marksOf(transaction), await result(marksOf(transaction).getAll()));
      await done;
      return answer;
    };
    const change = async (work) => {
      if (!spare) {
        try {
          return await changeKept(work);
        } catch {
          spare ??= spareStore(forget);
        }
      }
      const marks = await kept();
      return work(spare, spare.over(marks));
    };
    // The newest, by the server's clock: answers may overtake each other.
    const keepState = async (state) => {
      if (!base) return;
      const transaction = base.transaction(STATES, "readwrite");
      const done = finished(transaction);
      const kept = await result(transaction.objectStore(STATES).get(state.address));
      const isOld = kept && Date.parse(kept.at) > Date.parse(state.at);
      if (!isOld) transaction.objectStore(STATES).put(state);
      await done;
    };
    const keptState = async (address) =>
      base && result(base.transaction(STATES).objectStore(STATES).get(address));
    return {
      all, change,
      isKept: () => !spare,
      keepState: (state) => keepState(state).catch(() => {}),
      keptState: (address) => keptState(address).catch(() => null),
    };
  }

  // What is sent carries the name of who made it: it never goes out under somebody else's.
  async function openQueue(owner, token = "") {
    const {all, change, isKept, keepState, keptState} = await openMarks();
    const others = "BroadcastChannel" in self ? new BroadcastChannel("registers") : null;
    let csrf = token;

    const list = async () => (await all()).filter((mark) => mark.owner === owner);
    const countOthers = async () => (await all()).filter((mark) => mark.owner !== owner).length;

    // The other pages of this browser that show registers hear of it; so does this of the worker.
    const act = async (work) => {
      await change(work);
      others?.postMessage("changed");
    };
    const listen = (heard) => others?.addEventListener("message", heard);

    const add = (store, mark) => store.add({
      ...mark, owner, key: newKey(), at: new Date().toISOString(), state: "waiting", tried: false,
    });
    const isSameCell = (one, other) => one.owner === other.owner && one.kind === other.kind
      && one.kind === "mark" && one.address === other.address && one.enrolment === other.enrolment;

    // A mark replaces one of the same cell that was not sent yet; tapped back, none is left.
    const put = (...said) => act((store, marks) => {
      for (const mark of said.map((each) => ({...each, owner, kind: "mark"}))) {
        for (const other of marks.filter((each) => isSameCell(each, mark))) {
          if (isWaiting(other)) mark.seen = other.tried ? saysOf(other) : other.seen;
          if (!isWaiting(other) || !other.tried) store.delete(other.id);
        }
        if (saysOf(mark) !== mark.seen || mark.note) add(store, mark);
      }
    });

    const putWalkIn = (walkIn) => act((store) => add(store, {...walkIn, kind: "walk-in"}));
    const remove = (marks) => act((store) => marks.forEach((mark) => store.delete(mark.id)));
    const putBack = (marks) => act((store) => marks.forEach((mark) => store.put(mark)));
    const again = (marks) => putBack(
      marks.map((mark) => ({...mark, state: "waiting", tried: false, sentence: ""})));

    const ask = (address, more = {}) => fetch(address, {
      credentials: "same-origin", cache: "no-store", redirect: "manual",
      signal: AbortSignal.timeout?.(20000), ...more,
    });

    // What the register says now and a fresh key; or the problem.
    const readState = async (address) => {
      let answer, state;
      try {
        answer = await ask(`${address}/state`);
        if (answer.ok) state = await answer.json();
      } catch {
        return {problem: "network"};
      }
      if (answer.type === "opaqueredirect") return {problem: "signed-out"};
      if (answer.status === 403 || answer.status === 404) return {problem: "gone"};
      if (!state) return {problem: "network"};
      if (state.owner !== owner) return {problem: "signed-out"};
      csrf = state.csrf;
      await note(address, state);
      return state;
    };
    const note = (address, {at, closed, people, savedAt = ""}) =>
      keepState({address, at, closed, people, savedAt});

    const post = async (address, marks) => {
      const body = JSON.stringify({owner, sent: new Date().toISOString(), marks});
      const headers = {"Content-Type": "application/json", "X-CSRFToken": csrf};
      const answer = await ask(`${address}/marks`, {method: "POST", headers, body});
      if (answer.ok) return answer.json();
      if (answer.status === 429 || answer.status >= 500) return {problem: "network"};
      return {problem: "refused"};
    };

    // The marks of one register that go out now, and from now on may have arrived.
    const take = (address) => change((store, marks) => {
      const taken = marks
        .filter((mark) => mark.owner === owner && mark.address === address && isWaiting(mark))
        .slice(0, MOST_AT_ONCE);
      for (const mark of taken) store.put({...mark, tried: true});
      return taken;
    });

    const sendTo = async (address, marks) => {
      try {
        const said = await post(address, marks);
        if (said.problem !== "refused") return said;
        // The key of a page that stood open for long has run out: one more try with a fresh one.
        const state = await readState(address);
        return state.problem ? state : await post(address, marks);
      } catch {
        return {problem: "network"};
      }
    };

    // What was answered otherwise is kept with its answer, unless the same cell says more by now.
    const settle = (marks, said) => change((store, kept) => {
      const left = new Map(kept.map((mark) => [mark.id, mark]));
      for (const {id, key} of marks) {
        const mark = left.get(id);
        const gone = said.problem === "gone" ? {outcome: "refused", sentence: ""} : null;
        const answer = said.answers?.[key] ?? gone;
        if (!mark || !answer) continue;
        const later = kept.slice(kept.indexOf(mark) + 1);
        const isOld = later.some((each) => isSameCell(each, mark) && isWaiting(each));
        if (answer.outcome === "saved" || isOld) store.delete(id);
        else store.put({...mark, state: answer.outcome, sentence: answer.sentence});
      }
    });

    const sendAll = async (told) => {
      let problem = null;
      const waiting = (await list()).filter(isWaiting);
      for (const address of new Set(waiting.map((mark) => mark.address))) {
        let said = csrf ? {} : await readState(address);
        if (!said.problem || said.problem === "gone") {
          const marks = await take(address);
          if (!said.problem) said = await sendTo(address, marks);
          await settle(marks, said);
          const isSaved = Object.values(said.answers ?? {}).some((one) => one.outcome === "saved");
          said = {...said, savedAt: isSaved ? said.saved : ""};
          if (said.people) await note(address, said);
          others?.postMessage("changed");
        }
        if (said.problem !== "gone") problem ??= said.problem ?? null;
        if (said.problem === "network" || said.problem === "signed-out") break;
        told(address, said);
      }
      return problem;
    };

    // One page of this browser sends at a time, or its worker.
    const send = (told = () => {}) =>
      navigator.locks ? navigator.locks.request("registers", () => sendAll(told)) : sendAll(told);

    return {
      put, putWalkIn, list, countOthers, remove, putBack, again, send, readState, keptState, isKept, listen,
    };
  }

  const listOwners = async () => {
    const marks = await (await openMarks()).all();
    return [...new Set(marks.filter(isWaiting).map((mark) => mark.owner))];
  };

  return {openQueue, listOwners, saysOf};
})();
