"use strict";
// Every test image has an address, #image=787: its label, every row's vote, and people's.

const imageLink = (image, text) => {
  const kept = { tab: state.tab, image };
  return make("a", { href: `#${new URLSearchParams(kept)}` }, text);
};

function renderImage() {
  const dataset = TABS[state.tab].datasets[0];
  const { classes, labels, people, title } = data.datasets[dataset];
  const image = Number(state.image);
  const known = /^\d+$/.test(state.image) && image < labels.length;
  const number = make("input", { id: "image", inputmode: "numeric", value: state.image, size: 6 });
  number.addEventListener("change", () => {
    state.image = number.value.trim();
    writeAddress();
    renderImage();
  });
  const form = make("label", {}, `Test image of ${title}, 0 to ${labels.length - 1} `, number);
  if (!known) {
    replace("one", form, state.image ? make("p", { role: "status" }, "There is no such image.") : null);
    return;
  }
  const label = Number(labels[image]);
  const votes = new Map();
  for (const row of data.rows) {
    const wrong = wrongOf(row, dataset);
    if (wrong) votes.set(wrong.get(image) ?? label, [...(votes.get(wrong.get(image) ?? label) ?? []), row.title]);
  }
  const told = [...votes].sort((a, b) => b[1].length - a[1].length);
  const share = people && `${people[image]} % of about 67 people chose this label`;
  replace(
    "one",
    form,
    make(
      "div",
      { class: "panel one" },
      picture(dataset, image, `Test image ${image}, labelled ${classes[label]}`),
      definitions([
        ["Label", classes[label]],
        ["People", share],
        ...told.map(([voted, rows]) => [
          `${classes[voted]}${voted === label ? " (right)" : ""}`,
          `${rows.length} rows: ${rows.join(", ")}`,
        ]),
      ]),
    ),
  );
}
