"""A hook of the build: the README with absolute links, for pages that have no repository beside it.

Where the repository is says the environment, as GitHub sets it: GITHUB_SERVER_URL,
GITHUB_REPOSITORY and GITHUB_SHA. Without them the links stay as they are.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\((?![a-z]+:|#)([^)\s]+)\)")


class ReadmeLinks(MetadataHookInterface):
    """Fills in `readme` and `urls` of the project's metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        home, text = repository(os.environ), (Path(self.root) / "README.md").read_text()
        if home is not None:
            text = absolute(text, home, os.environ.get("GITHUB_SHA", "HEAD"))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = (
            {}
            if home is None
            else {
                "Source": home,
                "Issues": f"{home}/issues",
                "Changelog": f"{home}/blob/HEAD/CHANGELOG.md",
            }
        )


def repository(environment: Mapping[str, str]) -> str | None:
    """Return the address of the repository that builds, if the environment names it."""
    server = environment.get("GITHUB_SERVER_URL")
    name = environment.get("GITHUB_REPOSITORY")
    return f"{server}/{name}" if server and name else None


def absolute(markdown: str, home: str, commit: str) -> str:
    """Return `markdown` with its relative links and pictures below `home`, as of `commit`."""

    def link(match: re.Match[str]) -> str:
        mark, text, path = match.groups()
        return f"{mark}[{text}]({home}/{'raw' if mark else 'blob'}/{commit}/{path})"

    return _LINK.sub(link, markdown)
