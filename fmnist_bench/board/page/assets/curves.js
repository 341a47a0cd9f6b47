"use strict";
// Training curves of the open row.

let curves = [];

function openCurves(row) {
  const shown = TABS[state.tab].datasets.map((name) => row.columns[name]?.curve).filter(Boolean);
  document
    .querySelectorAll("canvas.curve")
    .forEach((canvas, i) => curves.push(new Chart(canvas, curveConfig(shown[i]))));
}

function closeCurves() {
  for (const chart of curves) chart.destroy();
  curves = [];
}

function curveConfig(curve) {
  const line = (label, key, name, dash) => ({
    label,
    data: curve[key],
    borderColor: colour(name),
    backgroundColor: colour(name),
    borderDash: dash,
    borderWidth: 2,
    pointRadius: 0,
    pointHitRadius: 8,
    pointStyle: "line",
  });
  const ticks = { color: colour("muted") };
  return {
    type: "line",
    data: {
      labels: curve.epoch,
      datasets: [
        line("Validation, %", "validation", "blue", []),
        line("Training, %", "train", "vermillion", [5, 3]),
      ].filter((set) => set.data.some((value) => value !== null)),
    },
    options: {
      scales: {
        x: {
          ticks,
          grid: { display: false },
          title: { display: true, text: "epoch", color: colour("muted") },
        },
        y: { ticks, grid: { color: colour("line") } },
      },
      plugins: { legend: { labels: { color: colour("ink"), usePointStyle: true } } },
    },
  };
}
