"use strict";
// Every claim with its verdict. One not yet run is hollow, and carries the command that settles it.

function renderClaims() {
  const { sentence, all } = data.claims;
  const kinds = [...new Set(all.map((claim) => claim.verdict))];
  const claims = all.filter((claim) => !state.verdict || claim.verdict === state.verdict);
  const count = (kind) => all.filter((claim) => claim.verdict === kind).length;
  const options = kinds.map((kind) =>
    make("option", { value: kind, selected: kind === state.verdict }, `${kind} (${count(kind)})`),
  );
  const choice = make(
    "select",
    { id: "verdict" },
    make("option", { value: "" }, `all (${all.length})`),
    options,
  );
  choice.addEventListener("change", () => {
    state.verdict = choice.value;
    writeAddress();
    renderClaims();
    byId("verdict").focus();
  });
  const head = [
    { text: "#" },
    { text: "Claim", bare: true },
    { text: "Claimed", numeric: true },
    { text: "Here, %", numeric: true },
    { text: "Claimed - here (95 %)", numeric: true },
    { text: "Verdict" },
    { text: "Known about the claim", bare: true },
  ];
  replace(
    "reported",
    make("p", {}, sentence),
    make("label", {}, "Verdict ", choice),
    make(
      "div",
      { class: "box" },
      simpleTable({ label: "Claims", class: "reported" }, head, claims.map(claimLine)),
    ),
  );
}

function claimLine(claim) {
  const row = data.rows[claim.row];
  const links = claim.code.flatMap((link) => [", ", anchor(link)]);
  return [
    claim.mark,
    [
      make("b", {}, claim.classifier),
      make("span", { class: "sub" }, anchor(claim.submitter), ...links),
      make("span", { class: "sub" }, claim.dataset),
    ],
    claim.claimed,
    row ? [claim.here, make("br"), make("button", openOf(row), row.title)] : claim.here,
    claim.difference,
    [
      make("span", { class: `badge verdict ${claim.verdict.replaceAll(" ", "-")}` }, claim.verdict),
      claim.reason ? make("span", { class: "sub" }, claim.reason) : null,
    ].filter(Boolean),
    [
      claim.flaws === "-" ? null : make("span", { class: "flaw" }, `${claim.flaws}. `),
      claim.note,
      claim.source ? [" ", anchor(claim.source)] : null,
      claim.verdict === "not yet" ? make("code", { class: "sub" }, claim.command) : null,
    ].flat(),
  ];
}

const openOf = (row) => ({
  type: "button",
  class: "open-row",
  "aria-label": `Open ${row.title}`,
  onclick: () => openRow(row),
});
