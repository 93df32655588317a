// Tables that can be filtered by typing and sorted by their heads. Without this file they are tables.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

for (const block of document.querySelectorAll("[data-filter]")) {
  const rows = [...block.querySelectorAll("tbody tr")];
  if (rows.length < 2) continue;
  const words = rows.map((row) => plain(row.textContent));
  const label = document.createElement("label");
  const input = document.createElement("input");
  const count = document.createElement("span");
  const tools = document.createElement("div");
  input.type = "search";
  input.className = "form-control";
  input.id = `filter-${Math.random().toString(36).slice(2)}`;
  input.autocomplete = "off";
  label.htmlFor = input.id;
  label.textContent = block.dataset.filter;
  count.setAttribute("role", "status");
  tools.className = "table-tools";
  tools.append(label, input, count);
  block.prepend(tools);
  const show = () => {
    const wanted = plain(input.value.trim()).split(/\s+/);
    let shown = 0;
    rows.forEach((row, index) => {
      row.hidden = !wanted.every((word) => words[index].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    count.textContent = input.value.trim() ? `${shown} / ${rows.length}` : "";
  };
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      input.value = "";
      show();
    }
  });
}

const value = (row, column) => {
  const cell = row.cells[column];
  if (!cell) return "";
  const text = (cell.dataset.sortValue ?? cell.textContent).trim();
  const number = Number.parseFloat(text.replace(/\s/g, "").replace(",", "."));
  return Number.isNaN(number) || !/^[-+\d]/.test(text) || /\d-\d/.test(text) ? text : number;
};

for (const table of document.querySelectorAll("table[data-sort]")) {
  const body = table.tBodies[0];
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (head.querySelector(".visually-hidden") || !head.textContent.trim()) return;
    if (head.scope === "colgroup") return; // it stands above several columns
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort-button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", turn === 1 ? "ascending" : "descending");
      const rows = [...body.rows].sort((one, two) => {
        const [a, b] = [value(one, column), value(two, column)];
        if (typeof a === "number" && typeof b === "number") return turn * (a - b);
        return turn * collator.compare(String(a), String(b));
      });
      body.append(...rows);
    });
  });
}
