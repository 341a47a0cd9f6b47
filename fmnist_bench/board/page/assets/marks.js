"use strict";
// What Chart.js does not draw by itself: intervals through the points, and their names.

const whiskers = {
  id: "whiskers",
  beforeDatasetsDraw(chart) {
    const {
      ctx,
      scales: { x, y },
    } = chart;
    ctx.save();
    ctx.lineWidth = 1.5;
    for (const set of chart.data.datasets.filter((each) => each.whisker)) {
      ctx.strokeStyle = set.whisker;
      for (const point of set.data) {
        const [at, level] = [x.getPixelForValue(point.x), y.getPixelForValue(point.y)];
        const [low, high] = spanOf(point).map((error) => y.getPixelForValue(error));
        ctx.beginPath();
        ctx.moveTo(at, low);
        ctx.lineTo(at, high);
        if (point.over) {
          ctx.moveTo(x.getPixelForValue(100 * errorOf(point.over.low)), level);
          ctx.lineTo(x.getPixelForValue(100 * errorOf(point.over.high)), level);
        }
        ctx.stroke();
      }
    }
    ctx.restore();
  },
};

// Names beside the points, those on the front first; one that would cover another is left out.
const pointNames = (first) => ({
  id: "names",
  afterDatasetsDraw(chart) {
    const {
      ctx,
      chartArea,
      scales: { x, y },
    } = chart;
    const points = chart.data.datasets.filter((set) => set.whisker).flatMap((set) => set.data);
    points.sort((a, b) => first.has(b.row) - first.has(a.row));
    const taken = points.map((point) =>
      boxAround(x.getPixelForValue(point.x) - 7, y.getPixelForValue(point.y), 14),
    );
    ctx.save();
    ctx.font = "12px system-ui, sans-serif";
    ctx.fillStyle = colour("ink");
    ctx.strokeStyle = colour("surface");
    ctx.lineWidth = 4;
    ctx.lineJoin = "round";
    ctx.textBaseline = "middle";
    for (const point of points) {
      const text =
        point.row.title.length > 24 ? `${point.row.title.slice(0, 23)}…` : point.row.title;
      const [px, py, width] = [
        x.getPixelForValue(point.x),
        y.getPixelForValue(point.y),
        ctx.measureText(text).width,
      ];
      const beside = [
        [px + 11, py],
        [px - 11 - width, py],
        [px + 8, py - 14],
        [px + 8, py + 14],
      ];
      const places = [[px - width - 7, py - 14], ...beside]; // above the front's corner first
      const spot = places.find(([left, at]) => {
        const box = boxAround(left, at, width);
        return (
          box.left > chartArea.left &&
          box.right < chartArea.right &&
          !taken.some((other) => touching(box, other))
        );
      });
      if (!spot) continue;
      taken.push(boxAround(...spot, width));
      ctx.strokeText(text, ...spot); // a halo, so that lines do not cross the letters
      ctx.fillText(text, ...spot);
    }
    ctx.restore();
  },
});

const boxAround = (left, at, width) => ({ left, right: left + width, top: at - 8, bottom: at + 8 });
const touching = (a, b) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
