"use strict";
// Accuracy against cost, and Fashion-MNIST against MNIST.

const COSTS = {
  parameters: "Parameters",
  macs: "Multiply-accumulates per image (MACs)",
  training_pflop: "PFLOP of a training",
};

let cost = "parameters";
let costChart = null;

function renderCost() {
  const both = state.tab === "both";
  const dataset = TABS[state.tab].datasets[0];
  const rows = shownRows();
  const pointOf = both ? bothPoint : (row) => costPoint(row, dataset);
  const all = rows.map(pointOf).filter(Boolean);
  const points = onScale(all);
  const front = both ? [] : onScale(frontPoints(dataset), all);
  byId("costs").hidden = both;
  byId("cost-title").textContent = both ? "Fashion-MNIST against MNIST" : "Accuracy against cost";
  costChart?.destroy();
  costChart = new Chart(byId("cost"), costConfig(points, front, both));
  tellCost(rows, points, front, both);
}

function tellCost(rows, points, front, both) {
  const names = front.map((point) => point.row.title).join(", ");
  const what = both
    ? "MNIST accuracy against Fashion-MNIST accuracy"
    : `Accuracy against ${COSTS[cost].toLowerCase()}`;
  const ends = front.length ? ` On the Pareto front, cheapest first: ${names}.` : "";
  byId("cost").setAttribute(
    "aria-label",
    `${what}, ${points.length} rows, the figures are in the table.${ends}`,
  );
  const shown = new Set(points.map((point) => point.row));
  const without = rows.filter((row) => !shown.has(row)).map((row) => row.title);
  const more =
    without.length > 8
      ? `${without.slice(0, 8).join(", ")} and ${without.length - 8} more`
      : without.join(", ");
  const line = both
    ? ""
    : "The line is the Pareto front: no row is both cheaper and better. Rows with missing runs are not on it. ";
  byId("cost-note").textContent =
    line +
    (more
      ? `Not drawn, being below 50 % or without ${both ? "runs on both" : "a cost above zero"}: ${more}.`
      : "");
}

function costConfig(points, front, both) {
  const sets = Object.entries(KINDS).map(([kind, look]) =>
    pointSet(
      points.filter((point) => kindOf(point.row, point.column) === kind),
      look,
    ),
  );
  if (front.length) {
    sets.push({
      type: "line",
      label: "Pareto front",
      data: front,
      stepped: "before",
      pointRadius: 0,
      pointHitRadius: 0,
      borderColor: colour("vermillion"),
      borderWidth: 2,
      pointStyle: "line",
      order: 1,
    });
  }
  const title = both ? "Fashion-MNIST accuracy, %" : COSTS[cost];
  return {
    type: "scatter",
    data: { datasets: sets.filter((set) => set.data.length) },
    options: {
      onClick: (event, hits) =>
        hits.length &&
        openRow(costChart.data.datasets[hits[0].datasetIndex].data[hits[0].index].row),
      onHover: (event, hits) => {
        event.native.target.style.cursor = hits.length ? "pointer" : "";
      },
      scales: {
        x: both
          ? errorAxis(
              title,
              points.map((point) => point.x),
            )
          : costAxis(
              title,
              points.map((point) => point.x),
            ),
        y: errorAxis(both ? "MNIST accuracy, %" : "Test accuracy, %", points.flatMap(spanOf)),
      },
      plugins: {
        legend: {
          position: "bottom",
          labels: { color: colour("ink"), usePointStyle: true, padding: 16, boxHeight: 7 },
        },
        tooltip: {
          callbacks: { label: (hit) => pointText(hit.raw) },
          filter: (hit) => hit.dataset.type !== "line",
        },
      },
    },
    plugins: [whiskers, pointNames(new Set(front.map((point) => point.row)))],
  };
}
