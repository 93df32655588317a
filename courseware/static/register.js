// The register, made quicker: find by typing, other marks in place, counts that follow. Without
// this file it is a form: ⋯ saves it and opens the page of one mark.

const form = document.querySelector(".register-form");
const list = form?.querySelector("[data-register]");
const dialog = document.querySelector("[data-dialog]");

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

if (list) {
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

if (list && dialog) {
  const rows = [...list.children];
  const sheet = dialog.querySelector("form");
  const choices = [...sheet.elements["dialog-status"]];
  const saved = form.querySelector("[data-saved]");
  const savedText = saved.textContent;
  const HERE = new Set(["present", "late", "left_early", "partial"]);

  const idOf = (row) => row.querySelector(".more").value;
  const was = (row) => row.querySelector(`[name="was-${idOf(row)}"]`).value;
  const hidden = (row, part) => row.querySelector(`[name="${part}-${idOf(row)}"]`);
  const box = (row) => row.querySelector("input[type=checkbox]");

  const statusOf = (row) => {
    const said = hidden(row, "status")?.value;
    if (said) return said;
    const before = was(row).split("|")[0];
    if (box(row).checked) return "present";
    return before === "present" ? "none" : before;
  };
  const isChanged = (row) =>
    Boolean(hidden(row, "status")) || box(row).checked !== was(row).startsWith("present");

  const write = (row, part, value) => {
    let field = hidden(row, part);
    if (value === null) {
      field?.remove();
      return;
    }
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = `${part}-${idOf(row)}`;
      row.append(field);
    }
    field.value = value;
  };

  let submitted = false;
  const count = () => {
    const statuses = rows.map(statusOf);
    const changes = rows.filter(isChanged).length;
    form.querySelector("[data-here]").textContent = statuses.filter((one) => HERE.has(one)).length;
    form.querySelector("[data-unmarked]").textContent = statuses.filter((one) => one === "none").length;
    form.querySelector('[value="rest"]').disabled = !statuses.includes("none");
    form.classList.toggle("is-unsaved", changes > 0);
    saved.textContent = changes ? ` · ${form.dataset.changes.replace("#", changes)}` : savedText;
    for (const row of rows) row.classList.toggle("is-changed", isChanged(row));
    return changes;
  };
  window.addEventListener("beforeunload", (event) => {
    if (!submitted && count()) event.preventDefault();
  });
  form.addEventListener("submit", () => {
    submitted = true;
  });

  // The face of a toggle that is off shows the other mark: its shape and word, and its times.
  const face = (row, status, from, until) => {
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
  };

  for (const row of rows) {
    box(row).addEventListener("change", () => {
      for (const part of ["status", "from", "until", "note"]) write(row, part, null);
      if (!box(row).checked && !was(row).startsWith("present")) face(row, ...was(row).split("|"));
      if (!box(row).checked && was(row).startsWith("present")) face(row, "none");
      count();
    });
  }

  const now = () =>
    new Intl.DateTimeFormat("en-GB", {
      hour: "2-digit", minute: "2-digit", timeZone: form.dataset.zone,
    }).format(new Date());
  const inside = (time) =>
    time > form.dataset.start && time < form.dataset.end ? time : null;

  let open = null;
  const showTimes = () => {
    const chosen = sheet.elements["dialog-status"].value;
    for (const [part, statuses, start] of [
      ["from", ["late", "partial"], form.dataset.start],
      ["until", ["left_early", "partial"], form.dataset.end],
    ]) {
      const label = sheet.querySelector(`[data-for="${part}"]`);
      const field = sheet.elements[`dialog-${part}`];
      label.hidden = !statuses.includes(chosen);
      field.required = !label.hidden;
      if (!label.hidden && !field.value) field.value = inside(now()) ?? start;
    }
  };
  sheet.addEventListener("change", showTimes);

  const ask = (row) => {
    open = row;
    const [before, from, until] = was(row).split("|");
    dialog.querySelector("h2").textContent = row.querySelector(".name").textContent;
    sheet.elements["dialog-status"].value = hidden(row, "status")?.value ?? statusOf(row) ?? before;
    sheet.elements["dialog-from"].value = hidden(row, "from")?.value ?? from ?? "";
    sheet.elements["dialog-until"].value = hidden(row, "until")?.value ?? until ?? "";
    sheet.elements["dialog-note"].value = hidden(row, "note")?.value ?? "";
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
    const same = was(row) === [status, from, until].join("|") || (status === "none" && was(row) === "none");
    box(row).checked = status === "present";
    write(row, "status", same && !note ? null : status);
    write(row, "from", same && !note ? null : from);
    write(row, "until", same && !note ? null : until);
    write(row, "note", note || null);
    if (status !== "present") face(row, status, from, until);
    count();
    row.querySelector(".more").focus();
  });
  count();
}
