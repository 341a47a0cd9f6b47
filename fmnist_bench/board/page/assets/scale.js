"use strict";
// Accuracies are drawn by the logarithm of the error: near 100 % that is where they differ.

const LEAST_ERROR = 0.0002;
// Ticks, the roundest first: those that find room are drawn.
const TICKS = [
  [0.5, 0.9, 0.99, 0.999],
  [0, 0.8, 0.95, 0.98, 0.995, 0.998],
  [0.7, 0.85, 0.97, 0.992, 0.997],
  [0.6, 0.92, 0.94, 0.96, 0.985, 0.994, 0.996],
  [0.75, 0.82, 0.84, 0.86, 0.88, 0.91, 0.93, 0.993],
];
const errorOf = (accuracy) => Math.max(1 - accuracy, LEAST_ERROR);

// A bar's interval: over seeds and images, or of one run over images alone.
function intervalOf(column) {
  const intervals = column?.intervals ?? {};
  if (intervals.total) return { ...intervals.total, alone: false };
  return intervals.images ? { ...intervals.images, alone: true } : null;
}

// From accuracy to 0..1 over what the rows above 50 % span; less than that is off the scale.
function scaleOver(values) {
  const usual = values.filter((value) => value >= 0.5);
  const used = usual.length ? usual : values.length ? values : [0, 0.9];
  const left = Math.log(Math.min(errorOf(Math.min(...used)) * 1.08, 1));
  const right = Math.log(errorOf(Math.max(...used)) / 1.08);
  return (accuracy) => (left - Math.log(errorOf(accuracy))) / (left - right || 1);
}

function datasetScale(dataset) {
  const values = [];
  for (const row of data.rows) {
    const column = row.columns[dataset];
    const interval = intervalOf(column);
    if (interval) values.push(interval.low, column.mean, interval.high);
  }
  return scaleOver(values);
}

const WIDTH = 170;
const X0 = 8;
const across = (share) => X0 + share * (WIDTH - 2 * X0);
const svgBar = (label, ...parts) =>
  draw(
    "svg",
    { class: "bar", viewBox: `0 0 ${WIDTH} 22`, role: "img", "aria-label": label },
    parts,
  );

// Ticks that fall on the scale, which goes from 0 to 1, and lie `room` apart or more.
function ticksOn(scale, room) {
  const taken = [];
  for (const tick of TICKS.flat()) {
    const at = scale(tick);
    const free = taken.every((other) => Math.abs(scale(other) - at) > room);
    if (at >= 0 && at <= 1 && free) taken.push(tick);
  }
  return taken;
}

function gridLines(scale) {
  return ticksOn(scale, 0.2).map((tick) => {
    const x = across(scale(tick));
    return draw("line", { class: "grid", x1: x, x2: x, y1: 0, y2: 22 });
  });
}

function axisBar(scale) {
  const labels = ticksOn(scale, 0.2).map((tick) =>
    draw("text", { x: across(scale(tick)), y: 15, "text-anchor": "middle" }, percentText(tick)),
  );
  const svg = svgBar("", labels);
  svg.setAttribute("aria-hidden", "true");
  svg.removeAttribute("role");
  return svg;
}

const percentText = (share) => String(Math.round(share * 10000) / 100);

function intervalBar(column, scale) {
  const interval = intervalOf(column);
  if (!interval) return make("span", { class: "muted" }, "-");
  const kind = interval.alone ? "images" : "seeds and images";
  const label = `95 % interval over ${kind}: ${interval.text}`;
  const at = scale(column.mean);
  if (at < 0) {
    const text = draw("text", { x: 2, y: 15 }, "◂ off the scale");
    return svgBar(label, gridLines(scale), text);
  }
  return svgBar(label, gridLines(scale), intervalLine(interval, scale), dot(at));
}

function intervalLine(interval, scale) {
  const [low, high] = [Math.max(scale(interval.low), 0), Math.min(scale(interval.high), 1)];
  const style = interval.alone ? "interval alone" : "interval";
  return draw("line", { class: style, x1: across(low), x2: across(high), y1: 11, y2: 11 });
}

const dot = (at) => draw("circle", { class: "dot", cx: across(at), cy: 11, r: 3.5 });
