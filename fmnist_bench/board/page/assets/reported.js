"use strict";
// What others report, beside what was measured here.

function renderReported() {
  const { datasets } = TABS[state.tab];
  const here = data.reported.here.filter((claim) => datasets.includes(claim.dataset));
  const elsewhere = data.reported.elsewhere.filter((claim) =>
    datasets.some((name) => claim.reported[name].value !== null),
  );
  replace(
    "reported",
    here.length
      ? hereTable(here, datasets)
      : make("p", { class: "muted" }, "No row here reproduces a reported result yet."),
    elsewhere.length ? elsewhereTable(elsewhere, datasets) : null,
  );
}

function hereTable(claims, datasets) {
  const scales = Object.fromEntries(
    datasets.map((name) => {
      const own = claims.filter((claim) => claim.dataset === name);
      const values = own.flatMap((claim) => {
        const interval = intervalOf(data.rows[claim.row].columns[name]);
        return [claim.reported.value, interval.low, interval.high];
      });
      return [name, scaleOver(values)];
    }),
  );
  const many = datasets.length > 1;
  const head = [
    { text: "Reported as", bare: true },
    ...(many ? [{ text: "Set" }] : []),
    { text: "Reported, %", numeric: true },
    { text: "Here, %", numeric: true },
    { text: "Difference", numeric: true },
    { text: many ? "Bar" : axisBar(scales[datasets[0]]), bare: true },
    { text: "Row" },
    { text: "Known about the claim", bare: true },
  ];
  const lines = claims.map((claim) => {
    const row = data.rows[claim.row];
    const column = row.columns[claim.dataset];
    return [
      [make("b", {}, claim.classifier), make("span", { class: "sub" }, anchor(claim.submitter))],
      ...(many ? [data.datasets[claim.dataset].title] : []),
      claim.reported.text,
      meanText(column),
      claim.difference.text,
      intervalBar(column, scales[claim.dataset], claim.reported.value),
      make(
        "button",
        {
          type: "button",
          class: "open-row",
          "aria-label": `Open ${row.title}`,
          onclick: () => openRow(row),
        },
        row.title,
      ),
      notesOf(claim),
    ];
  });
  return make(
    "div",
    {},
    make(
      "div",
      { class: "box" },
      simpleTable({ label: "Reported and run here", class: "reported" }, head, lines),
    ),
    make(
      "p",
      { class: "hint" },
      "Diamond: reported. Dot and bar: measured here, with its 95 % interval.",
    ),
  );
}

function notesOf(claim) {
  return [
    claim.flaws.length ? make("span", { class: "flaw" }, `${claim.flaws.join(", ")}. `) : null,
    claim.note,
    claim.source ? [" ", anchor(claim.source)] : null,
  ].flat();
}

function elsewhereTable(claims, datasets) {
  const head = [
    { text: "Classifier", bare: true },
    ...datasets.map((name) => ({ text: `${data.datasets[name].title}, %`, numeric: true })),
    { text: "Data" },
    { text: "Known about the claim", bare: true },
  ];
  const lines = claims.map((claim) => [
    [
      make("b", {}, claim.classifier),
      make(
        "span",
        { class: "sub" },
        anchor(claim.submitter),
        ...claim.code.flatMap((link) => [", ", anchor(link)]),
      ),
    ],
    ...datasets.map((name) => claim.reported[name].text),
    claim.data,
    notesOf(claim),
  ]);
  return make(
    "details",
    { class: "elsewhere" },
    make("summary", {}, `${claims.length} results reported elsewhere, not yet run here`),
    make(
      "div",
      { class: "box" },
      simpleTable({ label: "Reported elsewhere", class: "reported" }, head, lines),
    ),
  );
}
