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

// A page opened from a file may have no storage; then the choice lasts as long as the page.
function remembered(choice) {
  try {
    if (choice) localStorage.setItem("fmnist-bench-theme", choice);
    return localStorage.getItem("fmnist-bench-theme");
  } catch {
    return choice;
  }
}

function choose(choice) {
  if (["light", "dark"].includes(choice)) document.documentElement.dataset.theme = choice;
  else delete document.documentElement.dataset.theme;
}

// Paper is light, and so are the charts on it.
function printing(on) {
  choose(on ? "light" : remembered());
  themed();
}

byId("theme").addEventListener("click", () => {
  choose(isDark() ? "light" : "dark");
  remembered(document.documentElement.dataset.theme);
  themed();
});
choose(remembered());
darkSystem.addEventListener("change", themed);
