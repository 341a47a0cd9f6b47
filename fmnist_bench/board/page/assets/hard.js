"use strict";
// The test images that most rows get wrong.

function renderHard() {
  replace(
    "hard",
    TABS[state.tab].datasets.map((name) => hardOf(name)),
  );
}

function hardOf(name) {
  const { title, hard } = data.datasets[name];
  if (!hard.images.length) {
    const why = hard.rows
      ? `More than half of the ${hard.rows} rows get each image right.`
      : "No row has learned anything yet.";
    return make("p", { class: "muted" }, `${title}: ${why}`);
  }
  return make(
    "div",
    {},
    make(
      "p",
      { class: "muted" },
      `${title}: test images that more than half of ${hard.rows} rows get wrong, one vote ` +
        "for each row: first those that most get wrong, whose label may be the mistake, then some " +
        "that rows disagree on. Below each: its published label, then the rows' votes.",
    ),
    gallery(name, hard.images, (image, names) => hardCaption(image, names)),
  );
}

function hardCaption(image, names) {
  const part = (vote) =>
    make("span", {
      "--share": `${100 * vote.share}%`,
      class: vote.class === image.label ? "right" : vote.class === image.taken_for ? "first" : null,
    });
  return [
    `${image.wrong} rows wrong`,
    make("span", { class: "votes", "aria-hidden": "true" }, image.votes.map(part)),
    make(
      "span",
      { class: "sub" },
      image.votes
        .slice(0, 3)
        .map((vote) => `${names[vote.class]} ${vote.text}`)
        .join(", "),
    ),
    make("span", { class: "sub" }, imageLink(image.index, `image ${image.index}`)),
  ];
}
