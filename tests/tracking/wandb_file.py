"""Reads a run's .wandb file: LevelDB's log format around W&B's protobuf records.

The format: https://github.com/google/leveldb/blob/main/doc/log_format.md, after a header of
seven bytes that W&B puts before it.
"""

import json
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import Record

_HEADER, _BLOCK, _CHUNK_HEADER = 7, 32768, 7
_FULL, _FIRST, _LAST = 1, 2, 4


def records(path: Path) -> list[Record]:
    """Return every record in the file, in order."""
    content = path.read_bytes()
    assert content[:4] == b":W&B", path
    found, parts, at = [], b"", _HEADER
    while at + _CHUNK_HEADER <= len(content):
        left = _BLOCK - at % _BLOCK
        if left < _CHUNK_HEADER:
            at += left
            continue
        length, kind = int.from_bytes(content[at + 4 : at + 6], "little"), content[at + 6]
        if kind == 0:
            break
        data = content[at + _CHUNK_HEADER : at + _CHUNK_HEADER + length]
        at += _CHUNK_HEADER + length
        parts = data if kind in (_FULL, _FIRST) else parts + data
        if kind in (_FULL, _LAST):
            found.append(Record.FromString(parts))
    return found


class WandbRun:
    """What one fragment of a W&B run says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records = records(path)
        kinds = [record.WhichOneof("record_type") for record in self.records]
        self.run = self.records[kinds.index("run")].run
        exits = [record.exit.exit_code for record in self.records if record.HasField("exit")]
        self.exit_code = exits[0] if exits else None
        updates = [
            self.run.config,
            *(each.config for each in self.records if each.HasField("config")),
        ]
        self.config: dict[str, Any] = {}
        for update in updates:
            own = _items(update.update).items()  # beside the client's
            self.config |= {key: value for key, value in own if not key.startswith("_wandb")}
        self.history = [
            _items(record.history.item) for record in self.records if record.HasField("history")
        ]
        self.summary: dict[str, Any] = {}
        for record in self.records:
            if record.HasField("summary"):
                self.summary.update(_items(record.summary.update))
        self.artifacts = [
            record.request.log_artifact.artifact if record.HasField("request") else record.artifact
            for record in self.records
            if record.HasField("artifact") or record.request.HasField("log_artifact")
        ]


def _items(items: Any) -> dict[str, Any]:
    # A key is either plain or, where it is nested, a list of its parts.
    return {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in items}


def fragments(folder: Path) -> list[WandbRun]:
    """Return the fragments of a run below its `folder`, oldest first."""
    paths = sorted(folder.glob("wandb/*run-*/run-*.wandb"), key=lambda path: path.parent.name)
    return [WandbRun(path) for path in paths]
