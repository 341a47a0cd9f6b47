"""What a comparison came to: as JSON, and from that performance.md."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveFloat, ValidationError

from fmnist_bench.errors import BenchError
from perf.comparison import Goal

_HEAD = """# Performance

Written by `scripts/perf/run` from the JSON beside it. The sides of a comparison are measured in
turn, A B A B; a ratio compares two sides within one round. Given are the median over the
rounds and, in brackets, the smallest and the largest.
"""


class Hardware(BaseModel):
    """The machine; `device` names the processor that trained."""

    device: str
    device_count: int
    cpu: str
    cores: int
    memory_bytes: int
    system: str


class Git(BaseModel):
    """Commit of the code, None outside a checkout; `clean` is False with changes."""

    commit: str | None
    clean: bool | None


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
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.name}.json"
    path.write_text(result.model_dump_json(indent=1) + "\n")
    return path


def read_results(folder: Path) -> list[Result]:
    """Return all results in `folder`, by name.

    Raises:
        BenchError: a file in it is not a result.
    """
    results = []
    for path in sorted(folder.glob("*.json")):
        try:
            results.append(Result.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            raise BenchError(f"{path}: {' '.join(str(error).split())}; measure it again") from None
    return results


def render(results: Sequence[Result]) -> str:
    """Return performance.md for `results`."""
    return "\n".join([_HEAD, *(section(result) for result in results)])


def section(result: Result) -> str:
    """Return one comparison: its sides, its goals, and what it ran on."""
    lines = [f"## {result.title}", "", result.method, ""]
    lines += [_row(f"{len(result.rounds)} rounds", result.unit), _row("---", "---")]
    for side in result.rounds[0]:
        values = [figures[side] for figures in result.rounds]
        # Whole numbers for rates, three digits for seconds and gigabytes.
        lines.append(_row(side, _spread(values, ",.0f" if median(values) >= 100 else ".3g")))
    lines += ["", _row("Ratio", "Measured", "Goal", ""), _row(*["---"] * 4)]
    for goal in result.goals:
        values = [goal.value(figures) for figures in result.rounds]
        name = f"{goal.subject} / {goal.peer}" if goal.peer else goal.subject
        bound = f"{goal.sense} {goal.bound:g}" + ("" if goal.peer else f" {result.unit}")
        verdict = "met" if goal.met(median(values)) else "missed"
        lines.append(_row(name, _spread(values, ",.2f"), bound, verdict))
    return "\n".join([*lines, "", _machine(result), ""])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _spread(values: list[float], form: str) -> str:
    return f"{median(values):{form}} ({min(values):{form}} .. {max(values):{form}})"


def _machine(result: Result) -> str:
    hardware = result.hardware
    device = "" if hardware.device == hardware.cpu else f"{hardware.device}, "
    versions = ", ".join(f"{name} {version}" for name, version in sorted(result.versions.items()))
    commit = f" Commit {result.git.commit[:12]}." if result.git.commit else ""
    return (
        f"{device}{hardware.cpu}, {hardware.cores} cores, {result.threads} threads, "
        f"{hardware.memory_bytes / 2**30:.0f} GiB, {hardware.system}; others used at most "
        f"{result.busy_percent:.0f} % of the processor. {versions}.{commit}"
    )
