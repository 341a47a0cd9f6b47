"""What a comparison came to, as JSON: every round, the machine and the versions."""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveFloat, ValidationError

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.perf.comparison import Goal
from fmnist_bench.records.record import Git, Hardware


class Result(BaseModel):
    """`rounds` holds, for each round, each side's figure in `unit`.

    `busy_percent` is the largest share of the processor that others used just before a round.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    schema_version: Literal[1] = 1
    name: str
    title: str
    method: str
    unit: str
    goals: list[Goal]
    rounds: list[dict[str, PositiveFloat]]
    busy_percent: float
    hardware: Hardware
    threads: int
    versions: dict[str, str]
    git: Git


def write_result(folder: Path, result: Result) -> Path:
    """Write `result` to `<name>.json` in `folder` and return that path."""
    path = folder / f"{result.name}.json"
    with atomic_write(path) as file:
        content = result.model_dump(mode="json")
        file.write((json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    return path


def read_results(folder: Path) -> list[Result]:
    """Return all results in `folder`, by name.

    Raises:
        BenchError: a file in it is unreadable or not a result.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> Result:
    try:
        return Result.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error.strerror})") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "content"
        raise BenchError(f"{path}: {where}: {first['msg']}; measure it again") from None
