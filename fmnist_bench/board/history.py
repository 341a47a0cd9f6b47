"""What git knows of a results folder. Without git, or in a shallow clone, nothing is known."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import yaml  # type: ignore[import-untyped]  # stubs for one call

from fmnist_bench.board.lookup import part
from fmnist_bench.records.record import Code

_SECONDS = 60


@dataclass(frozen=True)
class Commit:
    """When a commit was made, and by whom (`Name <address>`)."""

    time: datetime
    author: str


@dataclass(frozen=True)
class History:
    """The history behind the commit that is checked out around `folder`."""

    folder: Path

    @classmethod
    def of(cls, folder: Path) -> "History | None":
        """Return the history of the repository that holds `folder`, None if it is not whole."""
        shallow = _git(folder, "rev-parse", "--is-shallow-repository")
        known = shallow is not None and _git(folder, "rev-parse", "--verify", "-q", "HEAD")
        return cls(folder) if known and shallow.strip() == "false" else None  # type: ignore[union-attr]

    @cached_property
    def commits(self) -> dict[str, Commit]:
        """Every commit from the first to the present one."""
        lines = (_git(self.folder, "log", "--format=%H%x09%ct%x09%an <%ae>") or "").splitlines()
        split = (line.split("\t", 2) for line in lines)
        return {
            name: Commit(datetime.fromtimestamp(int(seconds), UTC), author)
            for name, seconds, author in split
        }

    def author(self, code: Code | None) -> str | None:
        """Return who made the commit that a run was trained on, None where that is not known."""
        commit = self.commits.get(code.commit or "") if code else None
        return None if commit is None else commit.author

    def versions(self, name: str) -> list[bytes]:
        """Return every committed content of the file `name` in the folder, newest first."""
        found = _git(self.folder, "log", "--format=%H", "--", name) or ""
        contents = (self._content(commit, f"./{name}") for commit in found.split())
        return [content.encode() for content in contents if content is not None]

    def planned(self, row: str, commit: str) -> int | None:
        """Return how many seeds `conf/experiment/ROW.yaml` plans at `commit`, None without one."""
        experiment = self._yaml(commit, f"conf/experiment/{row}.yaml")
        if experiment is None:
            return None
        usual = part(self._yaml(commit, "conf/config.yaml"), "row").get("seeds")
        seeds = part(experiment, "row").get("seeds", usual)
        return seeds if isinstance(seeds, int) else None

    def _yaml(self, commit: str, path: str) -> dict[str, object] | None:
        content = self._content(commit, path)
        try:
            read = yaml.safe_load(content) if content is not None else None
        except yaml.YAMLError:
            return None
        return read if isinstance(read, dict) else None

    def _content(self, commit: str, path: str) -> str | None:
        return _git(self.folder, "show", f"{commit}:{path}")


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-c", "log.showSignature=false", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.decode("utf-8", "replace") if answer.returncode == 0 else None
