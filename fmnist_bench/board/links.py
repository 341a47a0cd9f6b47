"""Links on the board, made only of addresses that cannot carry anything else."""

import re

from fmnist_bench.board.escape import escape
from fmnist_bench.board.rows import BoardRow
from fmnist_bench.records.names import fit_for_a_folder

# No character that Markdown or HTML reads as its own.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/[\w.~%/+=?-]*)?", re.ASCII)
_IN_REPOSITORY = re.compile(r"(fmnist_bench|conf)(/[a-z0-9_]+)+(\.(py|yaml))?")


def link(text: str, address: str | None, up: int = 1) -> str:
    """Return `text`, linked if `address` is a plain web address or a file of the package.

    `up` is how many folders below the repository's root the text lies.
    """
    if address and _ADDRESS.fullmatch(address):
        return f"[{escape(text)}]({address.replace('_', '%5F')})"
    if address and _IN_REPOSITORY.fullmatch(address):
        return f"[{escape(text)}]({'../' * up}{address.replace('_', '%5F')})"
    return escape(text)


def host(address: str) -> str:
    """Return a short name for a link: the host, and on GitHub the repository."""
    parts = address.split("//", 1)[-1].removeprefix("www.").split("/")
    return "/".join(parts[1:3]) if parts[0] == "github.com" else parts[0]


def row_page(row: BoardRow) -> str | None:
    """Return the path of the row's own page below the board, None where its name is unfit."""
    mark = f"-{row.recipe_digest[:6]}" if row.shares_name else ""
    return f"rows/{row.label.name}{mark}.md" if fit_for_a_folder(row.label.name) else None
