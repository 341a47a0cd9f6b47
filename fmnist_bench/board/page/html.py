"""One HTML file with its data, scripts and styles inside, which may load nothing."""

import base64
import hashlib
import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Any

FILE_NAME = "leaderboard.html"

LIBRARY = "chart.umd.min.js"
SCRIPTS = tuple(
    f"{name}.js"
    for name in (
        *("dom", "scale", "state", "theme", "pictures", "column", "detail", "cells", "table"),
        *("open", "axes", "marks", "curves", "points", "charts", "reported", "hard", "main"),
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
        data=embedded(data),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )
    return text.encode()


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
