"""Text from records as the page shows it: one line, and links that lead only to plain addresses.

The page sets all of it as text content, so nothing is escaped here.
"""

import unicodedata

from fmnist_bench.board.escape import one_line
from fmnist_bench.board.links import host, link


def block(text: str, longest: int) -> str:
    """Return `text` with its line breaks, otherwise as `one_line` does."""
    kept = "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else " " for c in text)
    return kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…"


def address(given: str | None) -> str | None:
    """Return the address that the Markdown board would link, or None if it links none."""
    linked = link("-", given)
    return linked[len("[-](") : -1] if linked.startswith("[-](") else None


def anchor(text: str, given: str | None) -> dict[str, str | None]:
    """Return a link's text and its address."""
    return {"text": one_line(text), "href": address(given)}


def code(given: str) -> dict[str, str | None]:
    """Return the link to a row's code, with a short text for a web address."""
    return anchor(host(given) if "//" in given else given, given)
