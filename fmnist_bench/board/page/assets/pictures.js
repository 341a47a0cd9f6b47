"use strict";
// Test images, cut out of one sheet for each dataset.

const sheets = {};
for (const [name, { pictures }] of Object.entries(data.datasets)) {
  if (!pictures) continue;
  const image = new Image();
  image.src = pictures.url;
  sheets[name] = image.decode().then(() => image);
}

function picture(dataset, index, label) {
  const { pictures } = data.datasets[dataset];
  const place = pictures?.places[index];
  if (place === undefined) return make("div", { class: "blank" }, `no picture of ${index}`);
  const { side, across: columns } = pictures;
  const canvas = make("canvas", { width: side, height: side, role: "img", "aria-label": label });
  const x = (place % columns) * side;
  const y = Math.floor(place / columns) * side;
  sheets[dataset].then((sheet) =>
    canvas.getContext("2d").drawImage(sheet, x, y, side, side, 0, 0, side, side),
  );
  return canvas;
}

function gallery(dataset, images, caption) {
  const names = data.datasets[dataset].classes;
  return make(
    "ul",
    { class: "gallery" },
    images.map((image) =>
      make(
        "li",
        {},
        make(
          "figure",
          {},
          picture(
            dataset,
            image.index,
            `Test image ${image.index}, labelled ${names[image.label]}`,
          ),
          make("figcaption", {}, make("b", {}, names[image.label]), caption(image, names)),
        ),
      ),
    ),
  );
}
