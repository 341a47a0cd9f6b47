"""One HTML file with its data, scripts and styles inside, which may load nothing."""

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Any

from fmnist_bench.data.facts import DATASETS

FILE_NAME = "leaderboard.html"
_COSTS = {"parameters": "Parameters", "training_pflop": "PFLOP"}

LIBRARY = "chart.umd.min.js"
SCRIPTS = tuple(
    f"{name}.js"
    for name in (
        *("dom", "scale", "state", "theme", "pictures", "column", "detail", "cells", "table"),
        *("open", "axes", "marks", "curves", "points", "charts", "reported", "pairs", "images"),
        *("hard", "main"),
    )
)
"""In the order of running; classic scripts, so each sees the names of those before it."""


def page(data: dict[str, Any]) -> bytes:
    """Return the page that shows `data`; the same data gives the same bytes.

    Its Content-Security-Policy names each script and the style by digest and allows
    nothing else, so neither the network nor a script out of a record can have a part in it.
    """
    assets = files("fmnist_bench.board.page") / "assets"
    vendor = files("fmnist_bench.board.page") / "vendor"
    style = _read(assets / "page.css")
    scripts = [_library(vendor / LIBRARY), *(_read(assets / name) for name in SCRIPTS)]
    sources = " ".join(_source(script) for script in scripts)
    policy = (
        f"default-src 'none'; script-src {sources}; style-src {_source(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    text = Template(_read(assets / "page.html")).substitute(
        policy=policy,
        style=style,
        plain=_plain(data.get("rows", [])),
        data=embedded(data),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )
    return text.encode()


def _plain(rows: list[dict[str, Any]]) -> str:
    """Return the board as a table that needs no script: one line for each row."""
    lines = []
    for row in rows:
        columns = row["columns"]
        fashion = columns.get("fashion_mnist", {})
        means = [columns.get(name, {}).get("percent", "-") for name in DATASETS]
        costs = [row["cost"].get(kind, {}).get("text", "-") for kind in _COSTS]
        rank = fashion.get("rank") or fashion.get("status", "MNIST only")
        cells = (rank, row["title"], row["classifier"], *means, *costs, row["tier"])
        lines.append("".join(f"<td>{escape(cell)}</td>" for cell in cells))
    titles = (*(each.title for each in DATASETS.values()), *_COSTS.values())
    head = "".join(f"<th>{title}</th>" for title in ("Rank", "Row", "Classifier", *titles, "Tier"))
    body = "".join(f"<tr>{line}</tr>\n" for line in lines)
    return f'<div class="box"><table><tr>{head}</tr>\n{body}</table></div>'


def embedded(data: Any) -> str:
    """Return JSON that cannot end the element it stands in, nor a line of a script."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _library(path: Traversable) -> str:
    # The map that its last line names is not there.
    lines = _read(path).split("\n")
    return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL="))


def _read(path: Traversable) -> str:
    return path.read_text(encoding="utf-8")


def _source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
