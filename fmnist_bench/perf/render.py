"""From results to performance.md. Pure: the same results give the same bytes."""

from collections.abc import Iterable, Sequence
from statistics import median

from fmnist_bench.perf.comparison import Goal
from fmnist_bench.perf.result import Result

_HEAD = """# Performance

Written by `scripts/perf` from the JSON beside it. The sides of a comparison are measured in
turn, A B A B; a ratio compares two sides within one round. Given are the median over the
rounds and, in brackets, the smallest and the largest.
"""


def render(results: Sequence[Result]) -> str:
    """Return performance.md for `results`."""
    return "\n".join([_HEAD, *(section(result) for result in results)])


def section(result: Result) -> str:
    """Return one comparison: its sides, its goals, and what it ran on."""
    sides = list(result.rounds[0])
    figures = {side: [figures[side] for figures in result.rounds] for side in sides}
    lines = [
        f"## {result.title}",
        "",
        result.method,
        "",
        *_table(
            (f"{len(result.rounds)} rounds", result.unit),
            ((side, _spread(figures[side], _form(figures[side]))) for side in sides),
        ),
        "",
        *_table(
            ("Ratio", "Measured", "Goal", ""),
            (
                _verdict(goal, [goal.value(figures) for figures in result.rounds], result.unit)
                for goal in result.goals
            ),
        ),
        "",
        _machine(result),
        "",
    ]
    return "\n".join(lines)


def _verdict(goal: Goal, values: list[float], unit: str) -> tuple[str, str, str, str]:
    name = f"{goal.subject} / {goal.peer}" if goal.peer else goal.subject
    what = "" if goal.peer else f" {unit}"
    verdict = "met" if goal.met(median(values)) else "missed"
    return name, _spread(values, ",.2f"), f"{goal.sense} {goal.bound:g}{what}", verdict


def _form(values: list[float]) -> str:
    """Whole numbers for rates, three digits for seconds and gigabytes."""
    return ",.0f" if median(values) >= 100 else ".3g"


def _spread(values: list[float], form: str) -> str:
    return f"{median(values):{form}} ({min(values):{form}} .. {max(values):{form}})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(row) + " |" for row in cells]


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
