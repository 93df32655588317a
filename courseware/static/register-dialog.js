// Every other mark of a participant: a dialog behind ⋯ or a long press.

import {dialog, field, markOf, nameOf, page, rows, show, statusOf, was} from "./register-rows.js";

const LONG_PRESS = 550;

// `now` is the time, which is not always that of the device.
export function askForMarks(changed, now) {
  const sheet = dialog.querySelector("form");
  let open = null;

  const clock = () =>
    new Intl.DateTimeFormat("en-GB", {
      hour: "2-digit", minute: "2-digit", timeZone: page.zone,
    }).format(now());
  const inside = (time) => (time > page.start && time < page.end ? time : null);

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
      if (!label.hidden && !input.value) input.value = inside(clock()) ?? start;
    }
  };
  sheet.addEventListener("change", showTimes);

  const ask = (row) => {
    open = row;
    const [, from, until] = was(row).split("|");
    dialog.querySelector("h2").textContent = nameOf(row);
    sheet.elements["dialog-status"].value = statusOf(row);
    sheet.elements["dialog-from"].value = field(row, "from")?.value ?? from ?? "";
    sheet.elements["dialog-until"].value = field(row, "until")?.value ?? until ?? "";
    sheet.elements["dialog-note"].value = markOf(row).note;
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
      }, LONG_PRESS);
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
      delete more.dataset.through;
      return;
    }
    if (said !== "done") return;
    const status = sheet.elements["dialog-status"].value;
    const shown = (part) =>
      sheet.querySelector(`[data-for="${part}"]`).hidden ? "" : sheet.elements[`dialog-${part}`].value;
    const [from, until] = [shown("from"), shown("until")];
    const note = sheet.elements["dialog-note"].value;
    const says = status === "none" ? "none" : [status, from, until].join("|");
    show(row, {status, from, until, note}, says !== was(row) || Boolean(note));
    changed(row);
    row.querySelector(".more").focus();
  });
}
