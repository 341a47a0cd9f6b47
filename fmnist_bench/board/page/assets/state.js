"use strict";
// What is shown, and the address that shows it again: #tab=mnist&row=cnn&q=conv&sort=parameters

const TABS = {
  fashion: { label: data.datasets.fashion_mnist.title, datasets: ["fashion_mnist"] },
  mnist: { label: data.datasets.mnist.title, datasets: ["mnist"] },
  both: { label: "Side by side", datasets: ["fashion_mnist", "mnist"] },
};

const STATES = {
  all: { label: "All", keeps: () => true },
  reproduced: { label: "Reproduced", keeps: (row) => row.tier.startsWith("reproduced") },
  ranked: { label: "Ranked", keeps: (row, column) => column?.status === "ranked" },
  provisional: { label: "Provisional", keeps: (row, column) => column?.status === "provisional" },
  looked: { label: "After a look", keeps: (row, column) => column?.status === "after a look" },
  waiting: {
    label: "Incomplete, unverified or few runs",
    keeps: (row, column) => !["ranked", "provisional", "after a look"].includes(column?.status),
  },
};

const DEFAULTS = {
  tab: "fashion",
  row: "",
  q: "",
  state: "all",
  most: "",
  sort: "rank",
  way: "up",
  verdict: "",
  with: "",
  image: "",
};
const state = { ...DEFAULTS };

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const key of Object.keys(DEFAULTS)) state[key] = given.get(key) ?? DEFAULTS[key];
  if (!Object.hasOwn(TABS, state.tab)) state.tab = DEFAULTS.tab;
  if (!Object.hasOwn(STATES, state.state)) state.state = DEFAULTS.state;
  if (!Object.hasOwn(SORTS, state.sort)) state.sort = DEFAULTS.sort;
  if (!data.claims.all.some((claim) => claim.verdict === state.verdict)) state.verdict = "";
  if (!["up", "down"].includes(state.way)) state.way = DEFAULTS.way;
}

// Back leads to what was shown before; of what is typed, only the end is kept.
function writeAddress(typed = false) {
  const kept = Object.entries(state).filter(([key, value]) => value !== DEFAULTS[key]);
  const address = `#${new URLSearchParams(kept)}`;
  if (address === (location.hash || "#")) return;
  history[typed ? "replaceState" : "pushState"](null, "", address);
}

// 500k, 2M, 1.5e6, 1,500,000: a count, or NaN. Nothing given is no limit.
function countOf(given) {
  const text = /^\s*\d{1,3}(,\d{3})+\s*$/.test(given) ? given.replaceAll(",", "") : given;
  const found = /^\s*(\d+(?:[.,]\d+)?(?:e\d)?)\s*([kmg]?)\s*$/i.exec(text);
  if (!found) return text.trim() ? NaN : Infinity;
  const unit = { "": 1, k: 1e3, m: 1e6, g: 1e9 }[found[2].toLowerCase()];
  return Number(found[1].replace(",", ".")) * unit;
}

const mainColumn = (row) => row.columns[TABS[state.tab].datasets[0]];

function matches(row) {
  if (!TABS[state.tab].datasets.some((name) => row.columns[name])) return false;
  const text = [row.title, row.classifier, row.submitter, row.preprocessing].join("\n");
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.every((word) => text.toLowerCase().includes(word))) return false;
  const most = countOf(state.most);
  if (Number.isFinite(most) && (row.cost.parameters?.value ?? Infinity) > most) return false;
  return STATES[state.state].keeps(row, mainColumn(row));
}

// Each gives the value to sort by; rows without one stand last, whichever way it goes.
const SORTS = {
  rank: (row) => mainColumn(row)?.order,
  rank_mnist: (row) => row.columns.mnist?.order,
  title: (row) => row.title.toLowerCase(),
  fashion_mnist: (row) => row.columns.fashion_mnist?.mean,
  mnist: (row) => row.columns.mnist?.mean,
  count: (row) => mainColumn(row)?.count,
  parameters: (row) => row.cost.parameters?.value,
  macs: (row) => row.cost.macs?.value,
  training_pflop: (row) => row.cost.training_pflop?.value,
  tier: (row) => row.tier,
};

function shownRows() {
  const value = SORTS[state.sort];
  const way = state.way === "up" ? 1 : -1;
  const rows = data.rows.filter(matches).map((row, i) => [value(row) ?? null, i, row]);
  rows.sort(([a, i], [b, j]) => {
    if (a === null || b === null) return (a === null) - (b === null) || i - j;
    return (a < b ? -way : a > b ? way : 0) || i - j;
  });
  return rows.map(([, , row]) => row);
}
