// The register, made quicker: find by typing, other marks in place, counts that follow. Each mark
// goes into the queue of this device (register-queue.js) and from there to the server, now or when
// there is a network. Without this file it is a form: ⋯ saves it and opens the page of one mark.

const form = document.querySelector(".register-form");
const list = form?.querySelector("[data-register]");
const dialog = document.querySelector("[data-dialog]");

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

if (list?.children.length) {
  const rows = [...list.children];
  const words = rows.map((row) => plain(row.querySelector(".who").textContent));
  const label = document.createElement("label");
  const input = document.createElement("input");
  const caption = document.createElement("span");
  label.className = "register-find";
  caption.textContent = form.dataset.filter;
  input.type = "search";
  input.className = "form-control";
  input.autocomplete = "off";
  label.append(caption, input);
  list.before(label);
  const find = () => {
    const wanted = plain(input.value.trim()).split(/\s+/);
    rows.forEach((row, index) => {
      row.hidden = !wanted.every((word) => words[index].includes(word));
    });
  };
  input.addEventListener("input", find);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
    if (event.key === "Escape" || (event.key === "Enter" && !input.value)) {
      input.value = "";
      find();
    }
    if (event.key === "Enter") {
      const shown = rows.filter((row) => !row.hidden);
      if (shown.length === 1) {
        shown[0].querySelector("input[type=checkbox]")?.click();
        input.select();
      }
    }
  });
}

const page = form?.dataset;
const HERE = new Set(["present", "late", "left_early", "partial"]);
const rows = list ? [...list.children] : [];
const idOf = (row) => row.dataset.enrolment;
const nameOf = (row) => row.querySelector(".name").textContent;
const field = (row, part) => row.querySelector(`[name="${part}-${idOf(row)}"]`);
const was = (row) => field(row, "was").value;
const box = (row) => row.querySelector("input[type=checkbox]");
const sheet = dialog?.querySelector("form");
const choices = sheet ? [...sheet.elements["dialog-status"]] : [];
const words = page ? JSON.parse(page.words) : {};
const inWords = (said) => {
  const [status, ...times] = said.split("|");
  return [words[status], times.filter(Boolean).join("–")].filter(Boolean).join(" ");
};
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const statusOf = (row) => {
  const said = field(row, "status")?.value;
  if (said) return said;
  const before = was(row).split("|")[0];
  if (box(row).checked) return "present";
  return before === "present" ? "none" : before;
};
const isChanged = (row) =>
  Boolean(field(row, "status")) || box(row).checked !== was(row).startsWith("present");

function write(row, part, value) {
  let input = field(row, part);
  if (value === null) {
    input?.remove();
    return;
  }
  if (!input) {
    input = document.createElement("input");
    input.type = "hidden";
    input.name = `${part}-${idOf(row)}`;
    row.append(input);
  }
  input.value = value;
}

// The face of a toggle that is off shows the other mark: its shape and word, and its times.
function face(row, status, from, until) {
  const off = row.querySelector(".toggle-off");
  const model = choices.find((choice) => choice.value === status).closest(".toggle");
  const copy = model.querySelector(".status").cloneNode(true);
  const times = [from, until].filter(Boolean).join("–");
  if (times) {
    const note = document.createElement("span");
    note.className = "status-note";
    note.textContent = ` ${times}`;
    copy.querySelector(".status-word").append(note);
  }
  off.replaceChildren(copy);
}

// The row as it is to be: what was not there before is a change that has not reached the server.
function show(row, status, from = "", until = "", note = "", isNew = true) {
  const hidden = isNew && status !== "present" ? status : null;
  box(row).checked = status === "present";
  write(row, "status", isNew && note ? status : hidden);
  write(row, "from", hidden && from ? from : null);
  write(row, "until", hidden && until ? until : null);
  write(row, "note", isNew && note ? note : null);
  face(row, status === "present" ? "none" : status, from, until);
}

const marks = list && dialog ? {show, write, field, was, box, statusOf, isChanged} : null;
const device = form ? await keepOnDevice() : null;

if (marks) {
  const saved = form.querySelector("[data-saved]");
  const savedText = saved.textContent;
  let submitted = false;
  const count = () => {
    const statuses = rows.map(statusOf);
    const changes = rows.filter(isChanged).length;
    form.querySelector("[data-here]").textContent = statuses.filter((one) => HERE.has(one)).length;
    form.querySelector("[data-unmarked]").textContent = statuses.filter((one) => one === "none").length;
    const rest = form.querySelector('[value="rest"]');
    if (rest) rest.disabled = !statuses.includes("none");
    for (const row of rows) row.classList.toggle("is-changed", isChanged(row));
    if (device) return changes;
    form.classList.toggle("is-unsaved", changes > 0);
    saved.textContent = changes ? ` · ${page.changes.replace("#", changes)}` : savedText;
    return changes;
  };
  if (!device) {
    window.addEventListener("beforeunload", (event) => {
      if (!submitted && count()) event.preventDefault();
    });
    form.addEventListener("submit", () => {
      submitted = true;
    });
  }
  form.addEventListener("recount", count);

  const changed = (row) => {
    count();
    device?.keep(row);
  };

  for (const row of rows) {
    box(row).addEventListener("change", () => {
      for (const part of ["status", "from", "until", "note"]) write(row, part, null);
      if (!box(row).checked && !was(row).startsWith("present")) face(row, ...was(row).split("|"));
      if (!box(row).checked && was(row).startsWith("present")) face(row, "none");
      changed(row);
    });
  }

  const now = () =>
    new Intl.DateTimeFormat("en-GB", {
      hour: "2-digit", minute: "2-digit", timeZone: page.zone,
    }).format(new Date());
  const inside = (time) => (time > page.start && time < page.end ? time : null);

  let open = null;
  const showTimes = () => {
    const chosen = sheet.elements["dialog-status"].value;
    for (const [part, statuses, start] of [
      ["from", ["late", "partial"], page.start],
      ["until", ["left_early", "partial"], page.end],
    ]) {
      const label = sheet.querySelector(`[data-for="${part}"]`);
      const input = sheet.elements[`dialog-${part}`];
      label.hidden = !statuses.includes(chosen);
      input.required = !label.hidden;
      if (!label.hidden && !input.value) input.value = inside(now()) ?? start;
    }
  };
  sheet.addEventListener("change", showTimes);

  const ask = (row) => {
    open = row;
    const [before, from, until] = was(row).split("|");
    dialog.querySelector("h2").textContent = nameOf(row);
    sheet.elements["dialog-status"].value = field(row, "status")?.value ?? statusOf(row) ?? before;
    sheet.elements["dialog-from"].value = field(row, "from")?.value ?? from ?? "";
    sheet.elements["dialog-until"].value = field(row, "until")?.value ?? until ?? "";
    sheet.elements["dialog-note"].value = field(row, "note")?.value ?? "";
    showTimes();
    dialog.showModal();
  };

  for (const row of rows) {
    const more = row.querySelector(".more");
    more.addEventListener("click", (event) => {
      if (more.dataset.through) return;
      event.preventDefault();
      ask(row);
    });
    // A long press on the large target is the same as ⋯.
    let press = 0;
    const target = row.querySelector(".toggle");
    target.addEventListener("pointerdown", () => {
      press = window.setTimeout(() => {
        press = -1;
        ask(row);
      }, 550);
    });
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) {
      target.addEventListener(end, () => {
        if (press > 0) window.clearTimeout(press);
      });
    }
    target.addEventListener("click", (event) => {
      if (press === -1) {
        press = 0;
        event.preventDefault();
      }
    });
    target.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  for (const button of sheet.querySelectorAll("button[value=cancel], button[value=more]")) {
    button.formNoValidate = true;
  }
  dialog.addEventListener("close", () => {
    const row = open;
    const said = dialog.returnValue;
    dialog.returnValue = "";
    if (!row) return;
    if (said === "more") {
      const more = row.querySelector(".more");
      more.dataset.through = "yes";
      more.click();
      return;
    }
    if (said !== "done") return;
    const status = sheet.elements["dialog-status"].value;
    const shown = (part) =>
      sheet.querySelector(`[data-for="${part}"]`).hidden ? "" : sheet.elements[`dialog-${part}`].value;
    const [from, until] = [shown("from"), shown("until")];
    const note = sheet.elements["dialog-note"].value;
    const said_now = status === "none" ? "none" : [status, from, until].join("|");
    show(row, status, from, until, note, said_now !== was(row) || Boolean(note));
    changed(row);
    row.querySelector(".more").focus();
  });
  count();
  device?.restore();
}

// What this page adds to the queue, and what it shows of it. Null where a browser keeps nothing.
async function keepOnDevice() {
  const token = form.elements.csrf_token?.value ?? "";
  let queue, saysOf;
  try {
    const made = await import(page.queue);
    saysOf = made.saysOf;
    queue = await made.openQueue(page.owner, token);
  } catch {
    return null;
  }
  const address = location.pathname;
  const saved = form.querySelector("[data-saved]");
  const needs = document.querySelector("[data-needs]");
  const walkIns = document.querySelector("[data-walk-ins]");
  const rowOf = new Map(rows.map((row) => [idOf(row), row]));
  let people = null;
  let lastSaved = saved.textContent;
  let problem = null;
  let sending = null;
  let timer = 0;
  let asked = Date.parse(page.made);

  // A page that was kept carries an old key, which must not be taken for a form sent before.
  if (form.elements._key) form.elements._key.value = crypto.randomUUID?.() ?? String(Math.random());

  const tell = async () => {
    const kept = await queue.list();
    const waiting = kept.filter((mark) => mark.state === "waiting");
    const cells = new Set(waiting.map((mark) => `${mark.address} ${mark.enrolment ?? mark.key}`));
    form.classList.toggle("is-unsaved", cells.size > 0 && problem !== null);
    let text = lastSaved;
    if (cells.size && problem) text = ` · ${page.waiting.replace("#", cells.size)}`;
    else if (cells.size) text = ` · ${page.sending}`;
    if (saved.textContent !== text) saved.textContent = text;
    showNeeds(kept.filter((mark) => mark.state !== "waiting"), await queue.countOthers(), waiting);
    showWalkIns(waiting);
    if (marks) form.dispatchEvent(new Event("recount"));
  };

  const take = (state) => {
    people = state.people;
    asked = Date.now();
    if (state.answers) lastSaved = ` · ${page.wordSaved.replace("#", state.saved)}`;
    const token_now = state.csrf;
    if (token_now && form.elements.csrf_token) form.elements.csrf_token.value = token_now;
    if (Boolean(state.closed) !== Boolean(page.closed)) needs.dataset.changed = "yes";
    if (Object.keys(people).some((id) => !rowOf.has(id))) needs.dataset.changed = "yes";
  };

  // What the server says, in all rows of which nothing waits here.
  const showPeople = async (found) => {
    if (!marks) return;
    const waiting = new Set((await queue.list())
      .filter((mark) => mark.state === "waiting" && mark.address === address)
      .map((mark) => mark.enrolment));
    for (const [id, row] of rowOf) {
      const cell = found[id];
      if (!cell || waiting.has(id)) continue;
      if (was(row) === cell.was && !isChanged(row)) continue;
      field(row, "was").value = cell.was;
      const [status, from, until] = cell.was.split("|");
      show(row, status, from, until, "", false);
    }
  };

  const sendNow = async () => {
    const told = [];
    try {
      problem = "network";
      if (navigator.onLine) problem = await queue.send((where, state) => told.push([where, state]));
    } catch {
      problem = "network";
    }
    for (const [where, state] of told) {
      if (where !== address || !state.people) continue;
      take(state);
      await showPeople(people);
    }
    await tell();
    const left = (await queue.list()).some((mark) => mark.state === "waiting");
    if (left && problem !== "signed-out") timer = window.setTimeout(send, problem ? 15000 : 300);
  };
  const send = () => {
    window.clearTimeout(timer);
    sending ??= Promise.resolve().then(sendNow).finally(() => {
      sending = null;
    });
    return sending;
  };
  const soon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(send, navigator.onLine ? 1200 : 0);
  };

  const keep = async (row) => {
    const status = statusOf(row);
    const [state, ...times] = isChanged(row) ? [status] : was(row).split("|");
    const from = isChanged(row) ? field(row, "from")?.value ?? "" : times[0] ?? "";
    const until = isChanged(row) ? field(row, "until")?.value ?? "" : times[1] ?? "";
    await queue.put({
      address, session: page.session, enrolment: idOf(row), name: nameOf(row), status: state,
      from, until, note: field(row, "note")?.value ?? "", seen: was(row),
    });
    await tell();
    soon();
  };

  const line = (text, ...buttons) => {
    const item = document.createElement("li");
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    item.append(paragraph);
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
  };

  const showNeeds = (kept, others, waiting) => {
    const lines = [];
    if (problem === "signed-out" && waiting.length) {
      const text = page.signedOut.replace("#", waiting.length);
      lines.push(line(text, [page.wordSignIn, page.signIn]));
    }
    if (needs.dataset.changed) lines.push(line(page.listChanged, [page.wordReload, address]));
    for (const mark of kept) {
      const where = mark.address === address ? "" : `${mark.session}: `;
      const mine = mark.kind === "walk-in" ? "" : inWords(saysOf(mark));
      const away = [page.wordAway, async () => {
        await queue.remove(mark.id);
        await tell();
      }];
      if (mark.state === "refused") {
        const who = [mark.name, mine].filter(Boolean).join(", ");
        lines.push(line(`${where}${who}. ${mark.sentence || page.gone}`, [page.wordAgain, async () => {
          await queue.again(mark.id);
          await send();
        }], away));
        continue;
      }
      const cell = people?.[mark.enrolment];
      if (mark.address !== address || !cell) {
        lines.push(line(`${where}${mark.name}, ${mine}. ${page.elsewhere}`, [page.wordOpen, mark.address]));
        continue;
      }
      if (cell.was === saysOf(mark)) {
        queue.remove(mark.id);
        continue;
      }
      const text = fill(page.meanwhile, {
        name: mark.name, mine, theirs: inWords(cell.was), by: cell.by || "?", time: cell.when,
      });
      lines.push(line(text, [page.wordTheirs, away[1]], [page.wordMine, async () => {
        await queue.remove(mark.id);
        await queue.put({...clean(mark), seen: cell.was});
        await restore();
        await send();
      }]));
    }
    if (others) lines.push(line(page.others.replace("#", others)));
    needs.hidden = lines.length === 0;
    const text = lines.map((each) => each.textContent).join("\n");
    if (needs.dataset.text === text) return;
    needs.dataset.text = text;
    needs.querySelector("ul").replaceChildren(...lines);
  };
  const clean = ({session, enrolment, name, status, from, until, note}) =>
    ({address, session, enrolment, name, status, from, until, note});

  const showWalkIns = (waiting) => {
    if (!walkIns) return;
    for (const item of walkIns.querySelectorAll("[data-kept]")) {
      const isLeft = waiting.some((mark) => mark.key === item.dataset.kept);
      item.classList.toggle("is-waiting", isLeft);
    }
    for (const mark of waiting) {
      if (mark.kind !== "walk-in" || mark.address !== address) continue;
      if (walkIns.querySelector(`[data-kept="${mark.key}"]`)) continue;
      const item = document.createElement("li");
      item.dataset.kept = mark.key;
      item.className = "is-waiting";
      item.textContent = [mark.name, mark.from].filter(Boolean).join(" · ");
      walkIns.append(item);
    }
  };

  // What waits here, shown in its row again after a reload.
  const restore = async () => {
    for (const mark of await queue.list()) {
      const row = rowOf.get(mark.enrolment);
      if (mark.state !== "waiting" || mark.address !== address || !row || !marks) continue;
      show(row, mark.status, mark.from, mark.until, mark.note, saysOf(mark) !== was(row) || Boolean(mark.note));
    }
    await tell();
  };

  const refresh = async () => {
    const state = navigator.onLine ? await queue.readState(address) : {problem: "network"};
    if (state.problem) return;
    take(state);
    await showPeople(people);
  };

  // Tapped before this script was ready.
  const tappedEarly = marks ? rows.filter(isChanged) : [];

  const begin = async () => {
    // This page may have been kept before the last marks were saved.
    const kept = await queue.keptState(address);
    if (kept && Date.parse(kept.at) > Date.parse(page.made)) await showPeople(kept.people);
    const isOld = Math.abs(Date.now() - asked) > 60000;
    if (isOld) document.querySelectorAll(".flash").forEach((flash) => flash.remove());
    const unsettled = (await queue.list()).some((mark) => mark.state === "meanwhile");
    if (isOld || unsettled) await refresh();
    for (const row of tappedEarly) await keep(row);
    await restore();
    await send();
  };

  addEventListener("online", () => send());
  addEventListener("offline", () => {
    problem = "network";
    tell();
  });
  document.addEventListener("visibilitychange", async () => {
    if (document.hidden) return;
    if (Date.now() - asked > 60000) await refresh();
    await send();
  });

  form.addEventListener("submit", async (event) => {
    const act = event.submitter?.value ?? "save";
    const isWalkIn = act === "walk-in";
    if (form.dataset.through || !marks) return;
    event.preventDefault();
    if (isWalkIn || form.elements["walk-in"]?.value.trim()) {
      const input = form.elements["walk-in"];
      if (!input.value.trim()) {
        input.focus();
        return;
      }
      await queue.putWalkIn({
        address, session: page.session, name: input.value.trim(),
        from: form.elements["walk-in-at"].value,
      });
      input.value = form.elements["walk-in-at"].value = "";
      await tell();
      await send();
      input.focus();
      if (isWalkIn) return;
    }
    await send();
    const stuck = (await queue.list()).some((mark) => mark.state === "waiting");
    if (act === "save") return;
    if (problem === "network" || stuck || !navigator.onLine) {
      if (act === "rest") {
        for (const row of rows.filter((each) => statusOf(each) === "none")) {
          show(row, "absent");
          await keep(row);
        }
        return;
      }
      if (event.submitter?.name === "more") return;
      saved.textContent = ` · ${page.needsNetwork}`;
      return;
    }
    form.dataset.through = "yes";
    if (event.submitter) event.submitter.disabled = false;
    form.requestSubmit(event.submitter);
  });

  if ("serviceWorker" in navigator) {
    const isFirst = !navigator.serviceWorker.controller;
    navigator.serviceWorker.register(page.worker, {scope: "/sessions/"})
      .then(() => navigator.serviceWorker.ready)
      .then(async () => {
        if (!isFirst) return;
        const cache = await caches.open("registers");
        const assets = performance.getEntriesByType("resource").map((entry) => entry.name);
        const ours = assets.filter((name) => new URL(name).pathname.startsWith("/assets/"));
        await cache.addAll([address, ...new Set(ours)]);
      })
      .catch(() => {})  // without it the register works as long as the page is open
      .finally(() => {
        form.dataset.kept = "yes";
      });
  }

  const ready = begin();
  return {keep, restore: () => ready};
}
