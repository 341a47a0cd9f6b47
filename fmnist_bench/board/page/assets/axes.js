"use strict";
// Axes of the charts: logarithmic in the cost and in the error.

Chart.defaults.font.family = "system-ui, sans-serif";
Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;

function axisLook(title) {
  return {
    type: "logarithmic",
    title: { display: true, text: title, color: colour("muted") },
    grid: { color: colour("line") },
    border: { color: colour("edge") },
  };
}

function errorAxis(title, errors) {
  const [low, high] = [
    Math.min(...errors, 100) / 1.15,
    Math.min(Math.max(...errors, 0.1) * 1.15, 100),
  ];
  return {
    ...axisLook(title),
    reverse: true,
    min: low,
    max: high,
    afterBuildTicks: (axis) => {
      axis.ticks = errorTicks(low, high);
    },
    ticks: {
      color: colour("muted"),
      autoSkip: false,
      callback: (value) => percentText(1 - value / 100),
    },
  };
}

function errorTicks(low, high) {
  const scale = (accuracy) => Math.log(high / (100 * errorOf(accuracy))) / Math.log(high / low);
  return ticksOn(scale, 0.08)
    .map((tick) => ({ value: 100 * (1 - tick) }))
    .sort((a, b) => a.value - b.value);
}

function costAxis(title, values) {
  return {
    ...axisLook(title),
    min: Math.min(...values) / 1.6,
    max: Math.max(...values) * 2.5,
    ticks: {
      color: colour("muted"),
      maxRotation: 0,
      callback: (value) =>
        Number.isInteger(Math.round(Math.log10(value) * 1e9) / 1e9) ? shortCount(value) : "",
    },
  };
}

function shortCount(value) {
  const [size, unit] = [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ].find(([least]) => value >= least) ?? [1, ""];
  return `${Number((value / size).toPrecision(3))}${unit}`;
}
