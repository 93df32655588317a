// Find a participant by typing: all words of what is typed, in either script, marks left out.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export function findByTyping(form, rows) {
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
  rows[0].parentNode.before(label);
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
