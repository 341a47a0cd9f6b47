"use strict";
// Opening rows. One is open at a time, so that an address can say which.

function toggle(row) {
  state.row = state.row === row.title ? "" : row.title;
  showOpen();
  writeAddress();
}

// From a chart or another table: a row that the filters hide is shown again.
function openRow(row) {
  if (reveal(row)) {
    showFilters();
    renderAll();
  }
  state.row = row.title;
  showOpen();
  writeAddress();
  const button = nameButton(data.rows.indexOf(row));
  button?.scrollIntoView({ block: "start" });
  button?.focus();
}

// Let go of filters, and of a tab, that hide `row`; say whether there were any.
function reveal(row) {
  if (matches(row)) return false;
  Object.assign(state, { q: DEFAULTS.q, state: DEFAULTS.state, most: DEFAULTS.most });
  if (!matches(row)) state.tab = "mnist";
  return true;
}

const nameButton = (place) => byId(`row-${place}`)?.querySelector(".name");

function showOpen() {
  for (const old of document.querySelectorAll("tr.detail")) old.remove();
  closeCurves();
  data.rows.forEach((row, place) => {
    const element = byId(`row-${place}`);
    if (!element) return;
    const open = row.title === state.row;
    element.classList.toggle("open", open);
    nameButton(place).setAttribute("aria-expanded", String(open));
    if (!open) return;
    const cell = make("td", { colspan: element.cells.length, role: "cell" }, detail(row));
    element.after(make("tr", { class: "detail", role: "row", id: `detail-${place}` }, cell));
    openCurves(row);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !state.row) return;
  const place = data.rows.findIndex((row) => row.title === state.row);
  state.row = "";
  showOpen();
  writeAddress();
  nameButton(place)?.focus();
});
