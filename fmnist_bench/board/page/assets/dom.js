"use strict";
// Elements from data. Text is only ever set as text: what a record says is never parsed as HTML.

const data = JSON.parse(document.getElementById("data").textContent);

const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "onclick") element.addEventListener("click", value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined));
  return element;
}

function make(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function replace(id, ...children) {
  byId(id).replaceChildren(...children.flat().filter((child) => child !== null));
}

// An address has passed the board's own check in Python; this is the second lock.
function anchor(link) {
  const plain = link.href && (/^https?:\/\//.test(link.href) || link.href.startsWith("../"));
  if (!plain) return make("span", {}, link.text);
  return make("a", { href: link.href, rel: "noopener noreferrer" }, link.text);
}

function panel(title, size, ...children) {
  return make("div", { class: `panel ${size}` }, make("h3", {}, title), ...children);
}

function simpleTable(attributes, head, lines) {
  const heading = ({ text, numeric }) =>
    make("th", { scope: "col", class: numeric ? "number" : null }, text);
  const cell = (value, { text, numeric, bare }) =>
    make(
      "td",
      {
        class: numeric ? "number" : null,
        "data-label": typeof text === "string" && !bare ? text : null,
      },
      value,
    );
  return make(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": attributes.label },
    make(
      "table",
      { class: attributes.class },
      make("thead", {}, make("tr", {}, head.map(heading))),
      make(
        "tbody",
        {},
        lines.map((line) =>
          make(
            "tr",
            {},
            line.map((value, i) => cell(value, head[i])),
          ),
        ),
      ),
    ),
  );
}
