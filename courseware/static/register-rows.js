// The rows of a register: what each says now, what the server said, and how it is shown.

export const form = document.querySelector(".register-form");
export const page = form?.dataset;
export const dialog = document.querySelector("[data-dialog]");
const list = form?.querySelector("[data-register]");
export const rows = list ? [...list.children] : [];
const choices = dialog ? [...dialog.querySelector("form").elements["dialog-status"]] : [];

export const idOf = (row) => row.dataset.enrolment;
export const nameOf = (row) => row.querySelector(".name").textContent;
export const field = (row, part) => row.querySelector(`[name="${part}-${idOf(row)}"]`);
export const was = (row) => field(row, "was").value;
export const box = (row) => row.querySelector("input[type=checkbox]");

export const statusOf = (row) => {
  const said = field(row, "status")?.value;
  if (said) return said;
  const before = was(row).split("|")[0];
  if (box(row).checked) return "present";
  return before === "present" ? "none" : before;
};
export const isChanged = (row) =>
  Boolean(field(row, "status")) || box(row).checked !== was(row).startsWith("present");

// What the row says, in the parts of a mark.
export function markOf(row) {
  const [before, ...times] = was(row).split("|");
  const isNew = isChanged(row);
  const time = (part, place) => (isNew ? field(row, part)?.value : times[place]) ?? "";
  return {
    status: isNew ? statusOf(row) : before, from: time("from", 0), until: time("until", 1),
    note: field(row, "note")?.value ?? "",
  };
}

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
export function show(row, {status, from = "", until = "", note = ""}, isNew) {
  const hidden = isNew && status !== "present" ? status : null;
  box(row).checked = status === "present";
  write(row, "status", isNew && note ? status : hidden);
  write(row, "from", hidden && from ? from : null);
  write(row, "until", hidden && until ? until : null);
  write(row, "note", isNew && note ? note : null);
  face(row, status === "present" ? "none" : status, from, until);
}

// The row as the server says it is.
export function showSaid(row, said) {
  if (was(row) === said && !isChanged(row)) return;
  field(row, "was").value = said;
  const [status, from, until] = said.split("|");
  show(row, {status, from, until}, false);
}

// The box was tapped: nothing else is said of this row any more.
export function showTapped(row) {
  for (const part of ["status", "from", "until", "note"]) write(row, part, null);
  if (box(row).checked) return;
  const [status, from, until] = was(row).split("|");
  if (status === "present") face(row, "none");
  else face(row, status, from, until);
}
