// The sheet of all registers from the keyboard: letters that go on by themselves, arrows, filling
// down, taking back. Without this file each cell is a field to type a mark into.

const form = document.querySelector(".grid-form");

if (form) {
  const rows = [...form.querySelectorAll("tbody tr")].map((row) =>
    [...row.cells].slice(1).map((cell) => cell.querySelector("input")));
  const all = rows.flat().filter(Boolean);
  const places = new Map();
  rows.forEach((row, y) => row.forEach((cell, x) => cell && places.set(cell, [x, y])));
  const said = form.querySelector("[data-changed]");
  const AT_ONCE = new Set("PAEX");
  const LETTERS = new Set("PAEXLYT");
  const undone = [];
  document.querySelector("[data-keys]").hidden = false;

  const isChanged = (cell) => cell.value.trim().toUpperCase() !== cell.dataset.was;
  const count = () => {
    let changes = 0;
    for (const cell of all) {
      const changed = isChanged(cell);
      cell.parentElement.classList.toggle("is-changed", changed);
      cell.dataset.mark = cell.value.trim().charAt(0).toUpperCase();
      if (changed) changes += 1;
    }
    said.textContent = changes ? form.dataset.changes.replace("#", changes) : "";
    return changes;
  };

  const set = (changes) => {
    undone.push(changes.map(([cell]) => [cell, cell.value]));
    for (const [cell, value] of changes) cell.value = value;
    count();
  };

  // The next cell in a direction that can be typed into; closed columns are stepped over.
  const next = (cell, dx, dy) => {
    let [x, y] = places.get(cell);
    do {
      x += dx;
      y += dy;
    } while (rows[y] && x >= 0 && x < rows[y].length && !rows[y][x]);
    return rows[y]?.[x] ?? null;
  };
  const go = (cell, dx, dy) => {
    const found = next(cell, dx, dy);
    found?.focus();
    return Boolean(found);
  };
  // Down, and from the last row to the top of the next column, as one reads a sheet of paper.
  const goOn = (cell) => {
    if (go(cell, 0, 1)) return;
    const right = next(rows[0][places.get(cell)[0]] ?? cell, 1, 0);
    right?.focus();
  };

  // The letter on the key, whichever alphabet the keyboard writes.
  const letterOf = (event) => {
    const typed = event.key.length === 1 ? event.key.toUpperCase() : "";
    if (/^[A-Z]$/.test(typed)) return typed;
    if (/\p{L}/u.test(typed) && /^Key[A-Z]$/.test(event.code)) return event.code.slice(3);
    return "";
  };

  const tidy = (cell) => {
    const found = /^([A-Z])\s*(\d{1,2})[:.]?(\d{2})(?:\s*[-–]\s*(\d{1,2})[:.]?(\d{2}))?$/i.exec(cell.value.trim());
    if (!found) return;
    const [, letter, hour, minute, hourLeft, minuteLeft] = found;
    const first = `${hour.padStart(2, "0")}:${minute}`;
    const last = hourLeft ? `-${hourLeft.padStart(2, "0")}:${minuteLeft}` : "";
    cell.value = `${letter.toUpperCase()} ${first}${last}`;
  };

  form.addEventListener("focusin", (event) => {
    if (!places.has(event.target)) return;
    event.target.dataset.before = event.target.value;
    event.target.select();
  });
  form.addEventListener("focusout", (event) => {
    if (!places.has(event.target)) return;
    tidy(event.target);
    count();
  });
  form.addEventListener("input", (event) => {
    if (places.has(event.target)) count();
  });

  form.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyS") {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    const cell = event.target;
    if (!places.has(cell) || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ" && undone.length) {
      event.preventDefault();
      const before = undone.pop();
      for (const [one, value] of before) one.value = value;
      before[0][0].focus();
      before[0][0].select();
      count();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isWhole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
    const steps = {ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0]};
    const step = steps[event.key];
    if (step && (isWhole || step[1])) {
      event.preventDefault();
      go(cell, ...step);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (event.shiftKey) go(cell, 0, -1);
      else goOn(cell);
    } else if (event.key === "Escape") {
      event.preventDefault();
      cell.value = cell.dataset.before;
      cell.select();
      count();
    } else if (event.key === "Delete" || (event.key === "Backspace" && isWhole)) {
      event.preventDefault();
      set([[cell, ""]]);
    } else {
      const letter = letterOf(event);
      if (!letter || !isWhole) return;
      event.preventDefault();
      if (!LETTERS.has(letter)) return;
      const value = letter === "X" ? "" : letter;
      if (event.shiftKey && AT_ONCE.has(letter)) {
        const [x, y] = places.get(cell);
        const below = rows.slice(y).map((row) => row[x]).filter((one) => one && !one.value.trim());
        if (below.length) set(below.map((one) => [one, value]));
      } else if (AT_ONCE.has(letter)) {
        set([[cell, value]]);
        goOn(cell);
      } else {
        set([[cell, `${letter} `]]);
      }
    }
  });

  let submitted = false;
  form.addEventListener("submit", () => {
    submitted = true;
    all.forEach(tidy);
    // What was not changed need not travel: a large sheet is small when it is sent.
    for (const cell of all) cell.disabled = !isChanged(cell);
  });
  addEventListener("pageshow", () => {
    submitted = false;
    for (const cell of all) cell.disabled = false;
    count();
  });
  addEventListener("beforeunload", (event) => {
    if (!submitted && count()) event.preventDefault();
  });
  (form.querySelector("[aria-invalid]") ?? all.find((cell) => !cell.value) ?? all[0])?.focus({preventScroll: true});
  count();
}
