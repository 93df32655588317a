// The fields of the answer form that are better with a script: questions that appear after certain
// answers, and rankings by buttons. Without it all questions stand there and places are chosen from
// lists. Whoever fills fields by script (a saved draft) sends the form a "change" event afterwards.
(() => {
  const forms = document.querySelectorAll("[data-answer-progress], [data-answer-fields]");

  const given = (form, key, trainer) => {
    const name = trainer && form.querySelector(`[name="q-${key}-${trainer}"]`) ? `q-${key}-${trainer}` : `q-${key}`;
    return [...form.querySelectorAll(`[name="${name}"]:checked`)].filter(
      (field) => !field.closest("[hidden]")).map((field) => field.value);
  };

  const showWhatFollows = (form) => {
    for (const question of form.querySelectorAll("[data-shown-if]")) {
      const after = question.dataset.shownAfter.split(" ");
      const answers = given(form, question.dataset.shownIf, question.dataset.shownFor);
      question.hidden = !answers.some((answer) => after.includes(answer));
    }
  };

  const places = (list) => [...list.querySelectorAll(".ranking-place")];

  const isRanked = (list) => {
    const chosen = places(list).map((place) => place.value);
    return chosen.every(Boolean) && new Set(chosen).size === chosen.length;
  };

  const drawRanking = (list) => {
    const ranked = isRanked(list);
    if (ranked) {
      const lines = [...list.children].sort((one, other) =>
        one.querySelector(".ranking-place").value - other.querySelector(".ranking-place").value);
      if (lines.some((line, at) => list.children[at] !== line)) list.append(...lines);
    }
    list.classList.toggle("is-ranked", ranked);
    const state = list.parentElement.querySelector("[data-ranking-state]");
    state.querySelector("[data-unranked]").hidden = ranked;
    state.querySelector("[data-ranked]").hidden = !ranked;
  };

  const rank = (list, values) => {
    places(list).forEach((place, at) => { place.value = values ? String(at + 1) : ""; });
    drawRanking(list);
    list.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const move = (list, button) => {
    const line = button.closest("li");
    const other = button.dataset.rank === "1" ? line.nextElementSibling : line.previousElementSibling;
    if (other) {
      if (button.dataset.rank === "1") other.after(line);
      else other.before(line);
    }
    rank(list, true);
    button.focus();
    list.parentElement.querySelector("[data-ranking-said]").textContent = list.dataset.said
      .replace("{line}", line.querySelector(".ranking-label").textContent)
      .replace("{place}", [...list.children].indexOf(line) + 1)
      .replace("{count}", list.children.length);
  };

  for (const form of forms) {
    for (const list of form.querySelectorAll("[data-ranking]")) {
      list.classList.add("by-buttons");
      for (const place of places(list)) place.hidden = true;
      for (const acts of list.querySelectorAll(".ranking-acts")) acts.hidden = false;
      const state = list.parentElement.querySelector("[data-ranking-state]");
      state.hidden = false;
      list.addEventListener("click", (event) => {
        const button = event.target.closest("[data-rank]");
        if (button) move(list, button);
      });
      state.querySelector("[data-rank-keep]").addEventListener("click", () => rank(list, true));
      state.querySelector("[data-rank-clear]").addEventListener("click", () => rank(list, false));
    }
    const draw = (event) => {
      showWhatFollows(form);
      if (!event || event.target === form) form.querySelectorAll("[data-ranking]").forEach(drawRanking);
    };
    form.classList.add("knows-what-follows");
    form.addEventListener("change", draw);
    draw();
  }
})();
