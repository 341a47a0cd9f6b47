"""Text from records, made fit for one line of anything, and safe to stand in a Markdown table."""

import re
import unicodedata

LONGEST = 200
"""Characters shown of one text from a record, which may hold a megabyte."""

# What opens inline markup, a column, a tag, an entity, a formula or a bare link. An
# underscore between letters and a colon before a space open nothing, and stay readable.
_SPECIAL = re.compile(r"[\\`*\[\]<>&|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?! )")
_HOST = re.compile(r"(?i)\b(www)\.")


def one_line(text: str, longest: int = LONGEST) -> str:
    """Return `text` as one line, cut to `longest` characters.

    Line breaks, control and formatting characters (bidirectional ones included) become
    spaces, and runs of spaces become one.
    """
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    line = " ".join(visible.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def escape(text: str, longest: int = LONGEST) -> str:
    """Return `text` as one line of Markdown that renders as exactly that text.

    What is longer than `longest` is cut.
    """
    line = _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", one_line(text, longest))
    line = _HOST.sub(r"\1&#46;", line)
    # Code hosts look for mail addresses after entities are resolved; a comment parts them.
    return line.replace("@", "@<!-- -->")
