"""What the loopback W&B server keeps: runs and their lines, files, artifacts, sweeps."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HISTORY, EVENTS, SUMMARY = "wandb-history.jsonl", "wandb-events.jsonl", "wandb-summary.json"


class Refused(Exception):
    """An answer of the server that is an error, with its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class Run:
    """One run. `told` has what upserts said last; `lines` is by file and line number."""

    entity: str
    project: str
    name: str
    told: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, dict[int, str]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    exit_code: int | None = None
    artifacts: list["Artifact"] = field(default_factory=list)

    @property
    def storage_id(self) -> str:
        return f"Run:{self.entity}:{self.project}:{self.name}"

    @property
    def config(self) -> dict[str, Any]:
        """The config without the client's own `_wandb`."""
        entries = json.loads(self.told.get("config") or "{}")
        return {key: entry["value"] for key, entry in entries.items() if key != "_wandb"}

    @property
    def history(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.numbered(HISTORY)]

    @property
    def summary(self) -> dict[str, Any]:
        lines = self.numbered(SUMMARY)
        summary: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return summary

    def numbered(self, file: str) -> list[str]:
        """Return the lines of `file` in the order of their numbers."""
        lines = self.lines.get(file, {})
        return [lines[number] for number in sorted(lines)]

    def write(self, file: str, offset: int, content: list[str]) -> None:
        """Put lines at `offset`, over those that are there; later ones stay.

        So W&B's own tests have it (wandb/wandb, pull request 3933).
        """
        self.lines.setdefault(file, {}).update(enumerate(content, offset))


@dataclass
class Artifact:
    """One version of a collection. It is known by its digest once it is committed."""

    id: str
    entity: str
    project: str
    collection: str
    kind: str
    digest: str
    state: str = "PENDING"
    manifest: bytes = b""
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Sweep:
    """One sweep: its config as YAML, the trials it still has, what its agents said.

    `stopped` has the ids of the runs that shall not go on.
    """

    entity: str
    project: str
    name: str
    config: str
    trials: list[dict[str, Any]] = field(default_factory=list)
    handed_out: dict[str, dict[str, Any]] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    heartbeats: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class State:
    """Everything. `uploads` says what a PUT to a storage path means."""

    entity: str
    runs: dict[tuple[str, str, str], Run] = field(default_factory=dict)
    artifacts: list[Artifact] = field(default_factory=list)
    sweeps: dict[tuple[str, str, str], Sweep] = field(default_factory=dict)
    agents: dict[str, Sweep] = field(default_factory=dict)
    uploads: dict[str, tuple[dict[str, bytes], str] | Artifact] = field(default_factory=dict)
    base_url: str = ""

    def run(self, variables: Mapping[str, Any], key: str = "name") -> Run | None:
        """Return the run that GraphQL variables name, None if there is none."""
        entity = variables.get("entity") or self.entity
        return self.runs.get((entity, variables["project"], variables[key]))

    def upload_url(self, target: "tuple[dict[str, bytes], str] | Artifact") -> str:
        """Return a new URL; what is PUT there goes to `target`."""
        path = f"/storage/{len(self.uploads)}"
        self.uploads[path] = target
        return self.base_url + path
