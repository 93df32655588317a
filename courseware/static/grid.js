// The sheet of all registers from the keyboard: letters that go on by themselves, arrows, filling
// down, taking back. Without this file each cell is a field to type a mark into.

const form = document.querySelector(".grid-form");

if (form) {
  const rows = [...form.querySelectorAll("tbody tr")].map((row) =>
    [...row.cells].slice(1).map((cell) => cell.querySelector("input")));
  const all = rows.flat().filter(Boolean);
  const places = new Map();
  rows.forEach((row, y) => row.forEach((cell, x) => cell && places.set(cell, [x, y])));
  const heads = [...form.querySelectorAll("thead th")].slice(1);
  const said = form.querySelector("[data-changed]");
  const AT_ONCE = new Set("PAEX");
  const LETTERS = new Set("PAEXLYT");
  const STEPS = {ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0]};
  const undone = [];
  document.querySelector("[data-keys]").hidden = false;

  // What each cell said when the page was made; the server sent it once for each row.
  const was = new Map();
  for (const row of form.querySelectorAll("tbody tr")) {
    const before = row.querySelector("[type=hidden]").value.split("|");
    [...row.cells].slice(1).forEach((cell, x) => was.set(cell.querySelector("input"), before[x]));
  }
  const changed = new Set();
  const isChanged = (cell) => cell.value.trim().toUpperCase() !== was.get(cell);
  const look = (cell) => {
    changed[isChanged(cell) ? "add" : "delete"](cell);
    cell.parentElement.classList.toggle("is-changed", changed.has(cell));
    cell.dataset.mark = cell.value.trim().charAt(0).toUpperCase();
  };
  const count = (cells) => {
    for (const cell of cells) look(cell);
    said.textContent = changed.size ? form.dataset.changes.replace("#", changed.size) : "";
  };

  const set = (changes) => {
    undone.push(changes.map(([cell]) => [cell, cell.value]));
    for (const [cell, value] of changes) cell.value = value;
    count(changes.map(([cell]) => cell));
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
    const x = places.get(cell)[0];
    for (let right = x + 1; right < rows[0].length; right += 1) {
      const top = rows.find((row) => row[right])?.[right];
      if (top) return top.focus();
    }
    // Behind the last cell comes what saves.
    form.querySelector(".save-bar button").focus();
  };

  // Whoever begins to type no longer needs what stands above the sheet.
  let isUp = false;
  const comeUp = () => {
    if (isUp) return;
    isUp = true;
    const sheet = form.querySelector(".table-scroll");
    if (sheet.getBoundingClientRect().top > innerHeight / 3) sheet.scrollIntoView();
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
    const [x] = places.get(event.target);
    heads.forEach((head, at) => head.classList.toggle("is-here", at === x));
    event.target.dataset.before = event.target.value;
    event.target.select();
  });
  form.addEventListener("focusout", (event) => {
    if (!places.has(event.target)) return;
    tidy(event.target);
    count([event.target]);
  });
  form.addEventListener("input", (event) => {
    if (places.has(event.target)) count([event.target]);
  });

  form.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyS") {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    const cell = event.target;
    if (!places.has(cell) || event.isComposing) return;
    comeUp();
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ" && undone.length) {
      event.preventDefault();
      const before = undone.pop();
      for (const [one, value] of before) one.value = value;
      before[0][0].focus();
      before[0][0].select();
      count(before.map(([one]) => one));
      return;
    }
    const step = STEPS[event.key];
    if ((event.ctrlKey || event.metaKey) && step) {
      event.preventDefault();
      let edge = cell;
      for (let found = cell; found; found = next(edge, ...step)) edge = found;
      edge.focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isWhole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
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
      count([cell]);
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
        cell.select();  // so that the next letter replaces this one, as anywhere
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
    count(all);
  });
  addEventListener("beforeunload", (event) => {
    if (!submitted && changed.size) event.preventDefault();
  });
  (form.querySelector("[aria-invalid]") ?? all.find((cell) => !cell.value) ?? all[0])?.focus({preventScroll: true});
}
