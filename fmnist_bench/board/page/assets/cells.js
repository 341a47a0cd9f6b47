"use strict";
// The table's columns, and what stands in their cells.

function tableColumns() {
  const { datasets } = TABS[state.tab];
  const scales = Object.fromEntries(datasets.map((name) => [name, datasetScale(name)]));
  const both = datasets.length > 1;
  const titles = { fashion_mnist: "Fashion", mnist: "MNIST" };
  const scores = datasets.flatMap((name) => [
    {
      label: both ? `${titles[name]} rank` : "Rank",
      sort: name === datasets[0] ? "rank" : `rank_${name}`,
      cell: (row) => rankCell(row.columns[name]),
    },
    {
      label: both ? `${titles[name]}, %` : "Accuracy, %",
      sort: name,
      numeric: true,
      cell: (row) => accuracyCell(row.columns[name]),
    },
    {
      label: both ? `${titles[name]}, 95 % interval` : "95 % interval",
      drawn: name,
      axis: axisBar(scales[name]),
      cell: (row) => (row.columns[name] ? intervalBar(row.columns[name], scales[name]) : "-"),
    },
  ]);
  const cost = (label, key) => ({
    label,
    sort: key,
    numeric: true,
    cell: (row) => row.cost[key]?.text ?? "-",
  });
  const rest = [
    { label: "Runs", sort: "count", numeric: true, cell: (row) => runsText(mainColumn(row)) },
    cost("Parameters", "parameters"),
    cost("PFLOP", "training_pflop"),
  ];
  return [
    { label: "Row", sort: "title", name: true },
    ...scores,
    ...(both ? [] : rest),
    {
      label: "Tier",
      sort: "tier",
      cell: (row) => make("span", { class: `badge ${row.tier.split(",")[0]}` }, tierText(row.tier)),
    },
  ];
}

const tierText = (tier) => (tier.startsWith("reproduced") ? `✓ ${tier}` : tier);
const runsText = (column) => (column ? `${column.count}/${column.planned || column.count}` : "-");

function rankCell(column) {
  if (!column) return "-";
  if (column.rank) return make("span", { class: "rank" }, column.rank);
  return make("span", { class: "badge waiting" }, column.status);
}

function accuracyCell(column) {
  if (column?.mean === undefined)
    return column?.gap ? make("span", { class: "gap" }, column.gap) : "-";
  const figure = [make("span", { class: "accuracy" }, column.percent)];
  if (column.std) figure.push(make("span", { class: "muted" }, ` ± ${column.std}`));
  if (column.gap) figure.push(make("span", { class: "gap" }, column.gap));
  return figure;
}
