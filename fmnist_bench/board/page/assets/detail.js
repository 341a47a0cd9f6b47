"use strict";
// What opens below a row: what it is, how to reproduce it, its config.

function detail(row) {
  const datasets = TABS[state.tab].datasets.filter((name) => row.columns[name]);
  const figures = datasets.map((name) => {
    const title = data.datasets[name].title;
    return [
      datasets.length > 1 ? make("h3", { class: "dataset" }, title) : null,
      make("div", { class: "panels" }, columnPanels(row.columns[name], name)),
      pairsPanel(row, name),
    ];
  });
  const made = make("div", { class: "panels" }, facts(row), reproduce(row), config(row));
  return [
    ...figures.flat().filter(Boolean),
    make("details", { class: "made" }, make("summary", {}, "How it was made"), made),
  ];
}

function definitions(pairs) {
  return make(
    "dl",
    {},
    pairs
      .filter(([, value]) => value)
      .map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]),
  );
}

function facts(row) {
  const tied =
    row.tied.length > 12 ? [...row.tied.slice(0, 12), `${row.tied.length - 12} more`] : row.tied;
  return panel(
    "The row",
    "",
    definitions([
      ["Classifier", row.classifier],
      ["Preprocessing", row.preprocessing],
      ["Submitter", row.submitter],
      ["Code", anchor(row.code)],
      ["Tier", row.tier],
      ["To know", row.sentences.join(" ")],
      ["Cannot be told apart from", tied.join(", ")],
      ["Parameters", row.cost.parameters?.text],
      ["MACs", row.cost.macs?.text],
      ["Training", row.cost.training_pflop && `${row.cost.training_pflop.text} PFLOP`],
      ["Hardware", row.hardware],
      ["Machine", row.machine],
      ["Training speed", row.speed],
      ["Peak memory", row.memory],
      ["Precision", row.precision],
      ["Test reads", row.reads],
      ["Commit", row.commit],
      ["Recipe", row.recipe],
      ["Versions", row.versions],
    ]),
  );
}

function reproduce(row) {
  if (!row.config) return null;
  const box = panel("Command to reproduce", "");
  if (row.command) {
    const text = row.command.join("\n");
    const copy = make("button", { type: "button" }, "Copy");
    copy.addEventListener("click", () => copyText(text, copy));
    box.append(
      make("div", { class: "command" }, make("pre", { class: "shell" }, text), copy),
      make(
        "p",
        { class: "hint" },
        "Trains one seed again from its record and compares. Where " +
          "this board's folder is not results, add --results FOLDER.",
      ),
    );
  } else {
    box.append(
      make(
        "p",
        { class: "hint" },
        "None: the name is shared by other rows, or is not " +
          "fit for a command line. The config holds all that the run was made from.",
      ),
    );
  }
  if (row.review) box.append(make("h3", {}, "Review"), make("pre", {}, row.review));
  return box;
}

function copyText(text, button) {
  const done = (word) => {
    button.textContent = word;
  };
  // A page opened from a file may have no clipboard; then the text is there to be selected.
  if (!navigator.clipboard) return done("Select the text to copy it");
  return navigator.clipboard.writeText(text).then(
    () => done("Copied"),
    () => done("Not allowed here"),
  );
}

function config(row) {
  if (!row.config) return null;
  return make(
    "div",
    { class: "panel" },
    make("h3", {}, "Config"),
    make("pre", { class: "config", tabindex: 0 }, row.config),
  );
}
