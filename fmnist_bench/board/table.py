"""Markdown tables from cells that are already Markdown."""

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[str]) -> str:
    """Return a table; the columns named in `right` are aligned to the right."""
    rule = ["---:" if name in right else "---" for name in header]
    lines = [header, rule, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
