// The outline of a questionnaire: questions are dragged into order, or moved by Alt and an arrow
// key, without loading the page again. Without this file the buttons do it one place at a time.

for (const builder of document.querySelectorAll("[data-builder]")) {
  const form = builder.querySelector("form[data-order]");
  const said = builder.querySelector("[data-builder-said]");
  const lists = [...builder.querySelectorAll(".outline")];
  const lines = () => [...builder.querySelectorAll(".outline-line")];
  const orderNow = () => lists.map((list) =>
    [...list.querySelectorAll(".outline-line")].map((line) => line.dataset.key).join(",")).join("|");
  let saved = orderNow();
  let dragged = null;

  const restore = () => {
    saved.split("|").forEach((keys, at) => {
      const wanted = keys.split(",").filter(Boolean);
      lists[at].prepend(...wanted.map((key) => lines().find((line) => line.dataset.key === key)));
    });
  };

  const drawButtons = () => {
    const all = lines();
    all.forEach((line, at) => {
      const [up, down] = line.querySelectorAll(".outline-acts button");
      up.disabled = at === 0 && line.closest(".outline") === lists[0];
      down.disabled = at === all.length - 1 && line.closest(".outline") === lists[lists.length - 1];
    });
  };

  const say = (line) => {
    const list = line.closest(".outline");
    const beside = [...list.querySelectorAll(".outline-line")];
    said.textContent = builder.dataset.said
      .replace("{question}", line.querySelector("a").textContent)
      .replace("{place}", beside.indexOf(line) + 1)
      .replace("{count}", beside.length)
      .replace("{section}", list.dataset.section);
  };

  const save = async () => {
    const order = orderNow();
    if (order === saved) return;
    drawButtons();
    const values = new FormData(form);
    values.delete("_key");
    values.set("act", `order:${order}`);
    try {
      const answer = await fetch(window.location.pathname, {
        method: "POST", body: new URLSearchParams(values), headers: { Accept: "application/json" },
      });
      const told = answer.ok ? await answer.json() : { wrong: [builder.dataset.failed] };
      if (told.wrong.length) throw new Error(told.wrong.join(" "));
      saved = order;
      for (const field of document.querySelectorAll("input[name=stamp]")) field.value = told.stamp;
      const preview = document.querySelector("iframe.phone");
      if (preview) preview.src = preview.getAttribute("src");
    } catch (error) {
      restore();
      drawButtons();
      said.classList.remove("visually-hidden");
      said.textContent = error instanceof TypeError ? builder.dataset.failed : error.message;
    }
  };

  let saving = Promise.resolve();
  const saveInTurn = () => { saving = saving.then(save); };

  const step = (line, direction) => {
    const list = line.closest(".outline");
    const beside = direction < 0 ? line.previousElementSibling : line.nextElementSibling;
    const at = lists.indexOf(list);
    if (beside && beside.matches(".outline-line")) {
      if (direction < 0) beside.before(line);
      else beside.after(line);
    } else if (direction < 0 && at > 0) {
      const last = lists[at - 1].querySelectorAll(".outline-line");
      if (last.length) last[last.length - 1].after(line);
      else lists[at - 1].prepend(line);
    } else if (direction > 0 && at + 1 < lists.length) {
      lists[at + 1].prepend(line);
    }
    say(line);
    saveInTurn();
  };

  builder.addEventListener("keydown", (event) => {
    const line = event.target.closest(".outline-line");
    if (!line || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const focused = document.activeElement;
    step(line, event.key === "ArrowUp" ? -1 : 1);
    focused.focus();
  });

  builder.addEventListener("click", (event) => {
    const button = event.target.closest(".outline-acts button");
    if (!button) return;
    event.preventDefault();
    step(button.closest(".outline-line"), button.value.startsWith("up:") ? -1 : 1);
    button.focus();
  });

  const unmark = () => {
    for (const each of builder.querySelectorAll(".drop-before, .drop-after, .drop-here")) {
      each.classList.remove("drop-before", "drop-after", "drop-here");
    }
  };
  const isUpperHalf = (event, line) => {
    const box = line.getBoundingClientRect();
    return event.clientY < box.top + box.height / 2;
  };

  builder.classList.add("can-drag");
  builder.querySelector("[data-hint]").hidden = false;
  for (const line of lines()) {
    line.draggable = true;
    line.querySelector("a").draggable = false;
    line.addEventListener("dragstart", (event) => {
      dragged = line;
      line.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", line.dataset.key);
    });
    line.addEventListener("dragend", () => {
      line.classList.remove("dragged");
      dragged = null;
      unmark();
    });
  }
  for (const list of lists) {
    list.addEventListener("dragover", (event) => {
      if (!dragged) return;
      event.preventDefault();
      unmark();
      const line = event.target.closest(".outline-line");
      if (line) line.classList.add(isUpperHalf(event, line) ? "drop-before" : "drop-after");
      else list.classList.add("drop-here");
    });
    list.addEventListener("drop", (event) => {
      if (!dragged) return;
      event.preventDefault();
      const line = event.target.closest(".outline-line");
      if (!line) list.prepend(dragged);
      else if (isUpperHalf(event, line)) line.before(dragged);
      else line.after(dragged);
      say(dragged);
      saveInTurn();
    });
  }
}
