"""Links on the board, made only of addresses that cannot carry anything else."""

import re

from fmnist_bench.board.escape import escape

# No character that Markdown or HTML reads as its own.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/[\w.~%/+=?-]*)?", re.ASCII)
_IN_REPOSITORY = re.compile(r"(fmnist_bench|conf)(/[a-z0-9_]+)+(\.(py|yaml))?")


def link(text: str, address: str | None) -> str:
    """Return `text`, linked if `address` is a plain web address or a file of the package.

    Boards lie one folder below the repository's root, so its files are one folder up.
    """
    if address and _ADDRESS.fullmatch(address):
        return f"[{escape(text)}]({address.replace('_', '%5F')})"
    if address and _IN_REPOSITORY.fullmatch(address):
        return f"[{escape(text)}](../{address.replace('_', '%5F')})"
    return escape(text)


def host(address: str) -> str:
    """Return a short name for a link: the host, and on GitHub the repository."""
    parts = address.split("//", 1)[-1].removeprefix("www.").split("/")
    return "/".join(parts[1:3]) if parts[0] == "github.com" else parts[0]
