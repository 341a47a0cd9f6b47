"use strict";
// Light or dark as the system says, until the button is used; charts are drawn again then.

const darkSystem = matchMedia("(prefers-color-scheme: dark)");
const listeners = [];
const whenThemed = (listener) => listeners.push(listener);

const isDark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : darkSystem.matches;
};

// The resolved value of a colour variable, as a canvas needs it.
function colour(name) {
  const probe = byId("theme");
  const before = probe.style.outlineColor;
  probe.style.outlineColor = `var(--${name})`;
  const value = getComputedStyle(probe).outlineColor;
  probe.style.outlineColor = before;
  return value;
}

const markTheme = () => byId("theme").setAttribute("aria-pressed", String(isDark()));

function themed() {
  markTheme();
  for (const listener of listeners) listener();
}

byId("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  themed();
});
darkSystem.addEventListener("change", themed);
