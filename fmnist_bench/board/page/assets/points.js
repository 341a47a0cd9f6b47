"use strict";
// Points of the charts: which rows have one, where, and how it looks.

const KINDS = {
  reproduced: { label: "Reproduced", colour: "blue", style: "circle", solid: true },
  evidenced: { label: "Evidenced", colour: "blue", style: "circle", solid: false },
  waiting: {
    label: "Provisional, incomplete or few runs",
    colour: "grey",
    style: "triangle",
    solid: false,
  },
};

const kindOf = (row, column) =>
  ["ranked", "after a look"].includes(column.status) ? row.tier.split(",")[0] : "waiting";

// A point keeps its row and its interval; y is the error in percent, on a reversed log axis.
function costPoint(row, dataset) {
  const column = row.columns[dataset];
  if (column?.mean === undefined || !(column.cost[cost].value > 0)) return null;
  const { value: x, text: xText } = column.cost[cost];
  const y = 100 * errorOf(column.mean);
  return { x, y, row, column, xText, interval: intervalOf(column) };
}

function bothPoint(row) {
  const [fashion, mnist] = [row.columns.fashion_mnist, row.columns.mnist];
  if (fashion?.mean === undefined || mnist?.mean === undefined) return null;
  const [x, y] = [100 * errorOf(fashion.mean), 100 * errorOf(mnist.mean)];
  return {
    x,
    y,
    row,
    column: mnist,
    xText: `${fashion.percent} %`,
    interval: intervalOf(mnist),
    over: intervalOf(fashion),
  };
}

const frontPoints = (dataset) =>
  data.datasets[dataset].fronts[cost]
    .map((place) => costPoint(data.rows[place], dataset))
    .filter(Boolean);

// A row at chance would squeeze all others into a corner; it is named below the chart instead.
function onScale(points, among = points) {
  const usual = (point) => point.y <= 50;
  return among.some(usual) ? points.filter(usual) : points;
}

const spanOf = (point) =>
  [point.interval.low, point.interval.high].map((accuracy) => 100 * errorOf(accuracy));
const pointText = ({ row, column, xText }) => [
  row.title,
  `${meanText(column)} %, ${xText}`,
  column.rank ? `rank ${column.rank}` : column.status,
];

function pointSet(points, look) {
  const shade = colour(look.colour);
  return {
    label: look.label,
    data: points,
    pointStyle: look.style,
    pointRadius: 6,
    pointHoverRadius: 8,
    borderColor: shade,
    borderWidth: 2,
    backgroundColor: look.solid ? shade : colour("surface"),
    pointBackgroundColor: look.solid ? shade : colour("surface"),
    whisker: shade,
  };
}
