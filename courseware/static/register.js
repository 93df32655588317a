// The register, made quicker: find by typing, other marks in place, counts that follow. Each mark
// goes into the queue of this device and from there to the server, now or when there is a network.
// Without scripts it is a form: ⋯ saves it and opens the page of one mark.

import {keepOnDevice, keepPage} from "./register-device.js";
import {askForMarks} from "./register-dialog.js";
import {findByTyping} from "./register-find.js";
import {box, dialog, form, isChanged, page, rows, show, showTapped, statusOf} from "./register-rows.js";

const HERE = new Set(["present", "late", "left_early", "partial"]);

function count() {
  const statuses = rows.map(statusOf);
  form.querySelector("[data-here]").textContent = statuses.filter((one) => HERE.has(one)).length;
  form.querySelector("[data-unmarked]").textContent = statuses.filter((one) => one === "none").length;
  for (const rest of form.querySelectorAll('[value^="rest-"]')) rest.disabled = !statuses.includes("none");
  for (const row of rows) row.classList.toggle("is-changed", isChanged(row));
}

function markOnDevice(device) {
  form.addEventListener("recount", count);
  const changed = (row) => {
    count();
    device.keep(row);
  };
  for (const row of rows) {
    box(row).addEventListener("change", () => {
      showTapped(row);
      changed(row);
    });
  }
  askForMarks(changed, device.now);
  count();

  const addWalkIn = async () => {
    const [name, from] = [form.elements["walk-in"], form.elements["walk-in-at"]];
    const said = [name.value.trim(), from.value];
    if (said[0]) {
      name.value = from.value = "";
      await device.addWalkIn(...said);
    }
    name.focus();
  };

  form.addEventListener("submit", async (event) => {
    if (form.dataset.through) return;
    event.preventDefault();
    const {name, value: act = "save"} = event.submitter ?? {};
    if (act === "walk-in" || form.elements["walk-in"]?.value.trim()) await addWalkIn();
    if (act === "walk-in") return;
    if (name === "act" && act.startsWith("rest-")) {
      const rest = rows.filter((row) => statusOf(row) === "none");
      for (const row of rest) show(row, {status: act.slice("rest-".length)}, true);
      await device.keep(...rest);
    }
    const isDone = await device.hasArrived();
    if (name !== "more" && act !== "close") return;
    if (isDone) {
      form.dataset.through = "yes";
      event.submitter.disabled = false;
      form.requestSubmit(event.submitter);
    } else device.say(page.needsNetwork);
  });
  // Back from a page that could not be reached.
  addEventListener("pageshow", () => {
    delete form.dataset.through;
  });
}

if (form) {
  if (rows.length) findByTyping(form, rows);
  const device = await keepOnDevice();
  if (dialog) markOnDevice(device);
  device.begin();
  keepPage();
}
