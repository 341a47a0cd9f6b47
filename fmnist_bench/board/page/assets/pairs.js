"use strict";
// One row against every other: paired tests, and the images on which two of them part.

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

// A row's vote on each image that it gets wrong, image -> class; null if it has not learned.
function wrongOf(row, dataset) {
  const told = row.columns[dataset]?.wrong;
  if (typeof told !== "string") return null;
  let image = 0;
  return new Map(
    [...told.matchAll(/(~*)([\w-])(\d)/g)].map(([, more, digit, vote]) => {
      image += 64 * more.length + DIGITS.indexOf(digit);
      return [image, Number(vote)];
    }),
  );
}

function testOf(row, other, dataset) {
  const { rows, half, p } = data.datasets[dataset].pairs;
  const places = [row, other].map((each) => rows.indexOf(data.rows.indexOf(each)));
  const [i, j] = places.sort((a, b) => a - b);
  if (i < 0) return null;
  const at = i * rows.length - (i * (i + 1)) / 2 + (j - i - 1);
  const difference = 100 * (row.columns[dataset].mean - other.columns[dataset].mean);
  return { difference, half: half[at], p: p[at] };
}

const signed = (value) => `${value < 0 ? "" : "+"}${value.toFixed(2)}`;

function pairsPanel(row, dataset) {
  const others = data.rows
    .filter((other) => other !== row)
    .map((other) => [other, testOf(row, other, dataset)])
    .filter(([, test]) => test);
  if (!others.length) return null;
  const lines = others.map(([other, test]) => [
    make("button", { ...openOf(other), "aria-label": null, onclick: () => compare(other) }, other.title),
    signed(test.difference),
    `${signed(test.difference - test.half)} to ${signed(test.difference + test.half)}`,
    test.p.toPrecision(2),
    row.columns[dataset].rank && other.columns[dataset].rank ? relation(row, other, dataset) : "-",
  ]);
  const head = [
    { text: "Against" },
    { text: "Difference, points", numeric: true },
    { text: "95 % interval", numeric: true },
    { text: "p of one test", numeric: true },
    { text: "After Holm's correction" },
  ];
  const other = data.rows.find((each) => each.title === state.with);
  const chosen = other && other !== row && testOf(row, other, dataset);
  return make(
    "details",
    { class: "made", open: Boolean(chosen) },
    make("summary", {}, "Against every other row"),
    chosen ? pairPanel(row, other, dataset) : null,
    panel("", "", simpleTable({ label: "Against every other row", class: "pairs" }, head, lines)),
  );
}

function relation(row, other, dataset) {
  if (row.columns[dataset].tied.includes(other.title)) return "cannot be told apart";
  return row.columns[dataset].mean > other.columns[dataset].mean ? "better" : "worse";
}

function compare(other) {
  state.with = other.title;
  writeAddress();
  showOpen();
}

function pairPanel(row, other, dataset) {
  const { classes } = data.datasets[dataset];
  const recall = (each, i) => Number(each.columns[dataset].classes[i]);
  const [mine, theirs] = [row, other].map((each) => wrongOf(each, dataset));
  const images = (right, wrong, by) =>
    right && wrong ? [...wrong.keys()].filter((image) => !right.has(image)).map((image) => [image, by]) : [];
  const apart = [...images(mine, theirs, row), ...images(theirs, mine, other)];
  const count = (by) => apart.filter(([, each]) => each === by).length;
  return panel(
    `${row.title} minus ${other.title}`,
    "",
    definitions(classes.map((name, i) => [name, `${signed(recall(row, i) - recall(other, i))} points`])),
    make(
      "p",
      { class: "hint" },
      `Only ${row.title} gets ${count(row)} images right, only ${other.title} ${count(other)}, ` +
        "by the vote of each row's runs. The first: ",
      apart
        .sort((a, b) => a[0] - b[0])
        .slice(0, 40)
        .flatMap(([image, by]) => [imageLink(image, `${image} (${by.title})`), " "]),
    ),
  );
}
