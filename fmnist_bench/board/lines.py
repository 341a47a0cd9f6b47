"""Text from records, made fit for one line of anything."""

import unicodedata

LONGEST = 200
"""Characters shown of one text from a record, which may hold a megabyte."""


def one_line(text: str, longest: int = LONGEST) -> str:
    """Return `text` as one line, cut to `longest` characters.

    Line breaks, control and formatting characters (bidirectional ones included) become
    spaces, and runs of spaces become one.
    """
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    line = " ".join(visible.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
