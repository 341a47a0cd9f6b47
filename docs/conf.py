"""The site: `sphinx-build -W docs outputs/site`. docs/generated is written here, not in git."""

import os
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS), str(DOCS.parent)]

import generate  # noqa: E402
import sphinx.application  # noqa: E402

from fmnist_bench import __version__  # noqa: E402

project = html_title = "fmnist_bench"
author = copyright = "fmnist_bench contributors"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["generated/power.md"]
html_theme = "furo"
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
suppress_warnings = ["ref.python"]  # rooms name again what their modules define


def files_of_the_repository(app: object, page: str, source: list[str]) -> None:
    """Lead links out of docs/ to the repository that builds, or keep their words alone."""
    server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    link = rf"[\1]({server}/{name}/blob/HEAD/\2)" if server and name else r"`\1`"
    source[0] = re.sub(r"\[([^\]]+)\]\(\.\./(?!\.)([^)]+)\)", link, source[0])


def plain_docstring(
    app: object, kind: str, name: str, it: object, options: object, lines: list[str]
) -> None:
    """Read a docstring as plain text with code in backticks, not as reStructuredText."""
    parts = re.split(r"`+([^`]+)`+", "\n".join(lines))
    parts[::2] = [re.sub(r"([\\|*]|_(?!\w))", r"\\\1", part) for part in parts[::2]]
    parts[1::2] = [f"``{part}``\\ " for part in parts[1::2]]
    lines[:] = "".join(parts).split("\n")


def setup(app: sphinx.application.Sphinx) -> None:
    generate.write_pages(DOCS)
    app.connect("source-read", files_of_the_repository)
    app.connect("autodoc-process-docstring", plain_docstring, priority=100)  # before napoleon
