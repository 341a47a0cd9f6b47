"use strict";
// Tabs and filters, and the first drawing of everything.

function renderTabs() {
  const tabs = Object.entries(TABS).map(([key, { label }]) => {
    const tab = make(
      "button",
      { type: "button", role: "tab", id: `tab-${key}`, "aria-controls": "panel" },
      label,
    );
    tab.addEventListener("click", () => chooseTab(key));
    return tab;
  });
  replace("tabs", tabs);
}

function chooseTab(key) {
  state.tab = key;
  renderAll();
  writeAddress();
}

byId("tabs").addEventListener("keydown", (event) => {
  const keys = Object.keys(TABS);
  const at = keys.indexOf(state.tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + keys.length, Home: 0, End: keys.length - 1 }[
    event.key
  ];
  if (to === undefined) return;
  event.preventDefault();
  chooseTab(keys[to % keys.length]);
  byId(`tab-${state.tab}`).focus();
});

function markTabs() {
  for (const key of Object.keys(TABS)) {
    const tab = byId(`tab-${key}`);
    tab.setAttribute("aria-selected", String(key === state.tab));
    tab.tabIndex = key === state.tab ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", `tab-${state.tab}`);
}

function showFilters() {
  byId("query").value = state.q;
  byId("state").value = state.state;
  byId("most").value = state.most;
  markMost();
}

function markMost() {
  const wrong = Number.isNaN(countOf(state.most));
  byId("most").setAttribute("aria-invalid", String(wrong));
  byId("most-wrong").textContent = wrong ? "A number such as 500k or 2M" : "";
}

function filtered() {
  Object.assign(state, {
    q: byId("query").value,
    state: byId("state").value,
    most: byId("most").value,
  });
  markMost();
  renderRows();
  renderCost();
  writeAddress(true);
}

byId("filters").addEventListener("input", filtered);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("filters").addEventListener("reset", () => setTimeout(filtered));

function renderAll() {
  const sorted = tableColumns().some((column) => column.sort === state.sort);
  if (!sorted) Object.assign(state, { sort: DEFAULTS.sort, way: DEFAULTS.way });
  markTabs();
  renderHead();
  renderRows();
  renderCost();
  renderClaims();
  renderImage();
  renderHard();
}

function start() {
  replace(
    "state",
    Object.entries(STATES).map(([key, { label }]) => make("option", { value: key }, label)),
  );
  for (const [key, label] of Object.entries({
    parameters: "Parameters",
    macs: "MACs",
    training_pflop: "PFLOP",
  })) {
    const input = make("input", { type: "radio", name: "cost", value: key, checked: key === cost });
    input.addEventListener("change", () => {
      cost = key;
      renderCost();
    });
    byId("costs").append(make("label", {}, input, label));
  }
  replace(
    "notes",
    data.notes.map((note) => make("li", {}, note)),
  );
  byId("notes-section").hidden = !data.notes.length;
  renderTabs();
  fromAddress();
}

function fromAddress() {
  readAddress();
  const named = data.rows.find((row) => row.title === state.row);
  byId("gone").hidden = !state.row || Boolean(named);
  byId("gone").textContent = state.row && !named ? `No row ${state.row} is on this board.` : "";
  if (named) reveal(named);
  showFilters();
  renderAll();
  if (named) nameButton(data.rows.indexOf(named))?.scrollIntoView();
  else if (state.image) byId("one").scrollIntoView();
}

addEventListener("hashchange", fromAddress);
addEventListener("beforeprint", () => printing(true));
addEventListener("afterprint", () => printing(false));
whenThemed(() => {
  renderCost();
  showOpen();
});
for (const part of document.querySelectorAll("[data-live]")) part.hidden = false;
start();
markTheme();
