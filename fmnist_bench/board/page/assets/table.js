"use strict";
// The table: headings that sort, and rows.

function renderHead() {
  const cells = tableColumns().map((column) => {
    if (!column.sort) {
      return make(
        "th",
        { scope: "col", role: "columnheader", class: "plain" },
        column.label,
        column.axis,
      );
    }
    const button = make(
      "button",
      { type: "button", "data-sort": column.sort },
      column.label,
      make("span", { class: "arrow", "aria-hidden": "true" }),
    );
    button.addEventListener("click", () => sortBy(column.sort));
    return make(
      "th",
      { scope: "col", role: "columnheader", class: column.numeric ? "number" : null },
      button,
    );
  });
  const table = byId("board");
  table.classList.toggle("both", state.tab === "both");
  table.tHead?.remove();
  table.append(make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, cells)));
  markSort();
}

// Best first for accuracies, smallest first for the others; a second press turns it round.
function sortBy(key) {
  const first = ["fashion_mnist", "mnist", "count"].includes(key) ? "down" : "up";
  state.way = state.sort === key ? (state.way === "up" ? "down" : "up") : first;
  state.sort = key;
  markSort();
  renderRows();
  writeAddress();
}

function markSort() {
  for (const button of byId("board").tHead.querySelectorAll("button")) {
    const active = button.dataset.sort === state.sort;
    const heading = button.parentElement;
    if (active) heading.setAttribute("aria-sort", state.way === "up" ? "ascending" : "descending");
    else heading.removeAttribute("aria-sort");
    button.lastChild.textContent = active ? (state.way === "up" ? "▲" : "▼") : "";
  }
}

function renderRows() {
  const columns = tableColumns();
  const rows = shownRows();
  const body = make(
    "tbody",
    { role: "rowgroup" },
    rows.map((row) => rowElement(row, columns)),
  );
  if (!rows.length) {
    const text = data.rows.length
      ? "No row matches. Clear the filters to see all."
      : "No runs yet.";
    body.append(
      make(
        "tr",
        { role: "row" },
        make("td", { class: "empty", colspan: columns.length, role: "cell" }, text),
      ),
    );
  }
  byId("board").tBodies[0]?.remove();
  byId("board").append(body);
  byId("shown").textContent = `${rows.length} of ${data.rows.length} rows`;
  showOpen();
}

function rowElement(row, columns) {
  const place = data.rows.indexOf(row);
  const cells = columns.map((column) => {
    if (column.name) return nameCell(row, place);
    const style = column.numeric ? "number" : column.drawn ? "drawn" : null;
    const interval = column.drawn && intervalOf(row.columns[column.drawn])?.text;
    const labels = { "data-label": column.label, "data-interval": interval };
    return make("td", { role: "cell", class: style, ...labels }, column.cell(row));
  });
  const element = make("tr", { class: "row", role: "row", id: `row-${place}` }, cells);
  element.addEventListener("click", (event) => {
    if (event.target.closest("a") || String(getSelection())) return;
    toggle(row);
  });
  return element;
}

function nameCell(row, place) {
  return make(
    "th",
    { scope: "row", role: "rowheader", title: row.classifier },
    make(
      "button",
      {
        class: "name",
        type: "button",
        "aria-expanded": "false",
        "aria-controls": `detail-${place}`,
      },
      row.title,
    ),
    make("span", { class: "sub" }, row.classifier),
  );
}
