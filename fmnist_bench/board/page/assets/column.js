"use strict";
// What opens below a row about its runs on one dataset.

function columnPanels(column, dataset) {
  const failed = failures(column);
  if (column.mean === undefined) {
    return [failed ?? panel("Runs", "", `No finished run of ${column.planned} planned.`)];
  }
  const names = data.datasets[dataset].classes;
  return [
    accuracyPanel(column),
    classesPanel(column, names),
    curvePanel(column),
    failed,
    folded("Confusion matrix and hardest images", [
      confusionPanel(column, names),
      hardestPanel(column, dataset),
    ]),
  ];
}

function folded(title, panels) {
  const body = make("div", { class: "panels" }, panels);
  return make("details", { class: "made wide" }, make("summary", {}, title), body);
}

function accuracyPanel(column) {
  const { total, seeds, images } = column.intervals;
  return panel(
    "Accuracy",
    "",
    definitions([
      ["Test accuracy", `${column.accuracy}${column.gap ? ` (${column.gap})` : ""}`],
      ["Mean ± std (runs), %", `${meanText(column)} (${column.count})`],
      ["Time of runs timed alone", column.time],
      ["Rank", column.rank ?? column.status],
      ["95 % over seeds", seeds?.text],
      ["95 % over images", images?.text],
      ["95 % over both", total?.text],
      ["Calibration error, %", column.calibration],
      ["Most confused", column.confused],
    ]),
    seedsTable(column.runs),
  );
}

function seedsTable(runs) {
  const timed = runs.some((run) => run.time !== "-");
  return simpleTable(
    { label: "Seeds", class: "seeds" },
    [
        { text: "Seed" },
        { text: "Test, %", numeric: true },
        { text: "Validation, %", numeric: true },
        { text: "Epochs", numeric: true },
        ...(timed ? [{ text: "Time", numeric: true }] : []),
      ],
      runs.map((run) =>
        [run.seed, run.accuracy, run.validation, run.epochs, ...(timed ? [run.time] : [])].map(String),
      ),
  );
}

const meanText = (column) => (column.std ? `${column.percent} ± ${column.std}` : column.percent);

function curvePanel(column) {
  if (!column.curve) return null;
  const seed = column.runs[0].seed;
  const label = `Accuracy by epoch of seed ${seed}, training and validation`;
  return panel(
    `Training of seed ${seed}`,
    "",
    make(
      "div",
      { class: "plot" },
      make("canvas", { class: "curve", role: "img", "aria-label": label }),
    ),
  );
}

function classesPanel(column, names) {
  return panel(
    "Accuracy per class, %",
    "",
    make(
      "div",
      { class: "classes" },
      column.classes.map((text, i) => [
        make("span", {}, names[i]),
        make("div", { class: "track" }, make("div", { class: "fill", "--share": `${text}%` })),
        make("span", { class: "number" }, text),
      ]),
    ),
  );
}

function confusionPanel(column, names) {
  const cells = column.confusion.split(" ");
  const head = make(
    "tr",
    {},
    make("th", { scope: "col" }, "true \\ predicted"),
    names.map((name) => make("th", { scope: "col" }, name)),
  );
  const lines = names.map((name, i) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, name),
      names.map((_, j) => confusionCell(cells[i * names.length + j], i === j)),
    ),
  );
  return panel(
    "Confusion matrix, % of the true class",
    "double",
    make(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Confusion matrix" },
      make("table", { class: "confusion" }, make("thead", {}, head), make("tbody", {}, lines)),
    ),
  );
}

function confusionCell(text, right) {
  // Small shares of mistakes are the interesting ones; full strength would drown the figures.
  const strength = right ? Number(text) * 0.45 : Math.min(Number(text) * 2.5, 45);
  const kind = right ? "right" : Number(text) ? "wrong" : "wrong none";
  return make("td", { class: kind, "--share": `${strength}%` }, text);
}

function hardestPanel(column, dataset) {
  if (!column.hardest.length) return null;
  return panel(
    "Hardest images: wrong in most seeds, and sure of it",
    "wide",
    gallery(dataset, column.hardest, (image, names) => [
      `taken for ${names[image.taken_for]}`,
      make("span", { class: "sub" }, `${image.wrong} seeds, ${image.confidence} sure`),
    ]),
  );
}

function failures(column) {
  if (!column.failed.length) return null;
  const more = column.unlisted_failures ? [`${column.unlisted_failures} more.`] : [];
  return panel(
    "Failed runs",
    "",
    make(
      "ul",
      {},
      column.failed.map((run) =>
        make(
          "li",
          {},
          `seed ${run.seed}: ${run.reason}`,
          run.error ? make("span", { class: "sub" }, run.error) : null,
        ),
      ),
    ),
    more,
  );
}
