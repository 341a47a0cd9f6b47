"""A comparison: sides that are measured in turn, and the goals that they are held to."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psutil
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from fmnist_bench.errors import BenchError

Sides = Mapping[str, Callable[[], float]]
"""Each measures once, from the start, and returns a positive figure in the comparison's unit."""

BUSY_PERCENT = 15.0
"""No round begins while others use more of the processor, as long as patience lasts."""
GLANCE_SECONDS = 0.5


@dataclass(frozen=True)
class Place:
    """Where a comparison finds the raw idx files, and a folder of its own to keep things in.

    A sweep has that many `jobs`.
    """

    data: Path
    work: Path
    jobs: int = 40


@checked(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Goal:
    """`subject` is `sense` `bound` times `peer`; without a peer, its own figure is held to it."""

    subject: str
    peer: str | None
    sense: Literal["at least", "at most"]
    bound: float

    def value(self, figures: Mapping[str, float]) -> float:
        """Return the ratio, or the figure itself, in one round's `figures`."""
        return figures[self.subject] / (1 if self.peer is None else figures[self.peer])

    def met(self, value: float) -> bool:
        """Tell whether `value` keeps the bound."""
        return value >= self.bound if self.sense == "at least" else value <= self.bound


@dataclass(frozen=True)
class Comparison:
    """Sides by name, in the order in which each round measures them.

    `method` says in a sentence or two what is measured; `versions` names the peers' packages
    that this environment does not have; `device` names what trains if it is not the CPU.
    Without `warm_up`, the first round counts: where a side is so long that caches do not.
    """

    title: str
    method: str
    unit: str
    sides: Sides
    goals: Sequence[Goal]
    versions: Mapping[str, str] = field(default_factory=dict)
    device: str | None = None
    warm_up: bool = True


def measure_rounds(
    comparison: Comparison, rounds: int, patience: float
) -> tuple[list[dict[str, float]], float]:
    """Return each side's figure in each of `rounds` rounds, and how busy others were at worst.

    Taking turns spreads whatever else the machine does over all sides, and a ratio compares
    neighbours in time. A round before them warms caches up and is thrown away. Each waits up
    to `patience` seconds for the machine to be quiet. Busy is percent of the processor.

    Raises:
        BenchError: a side measured something that is not a positive number.
    """
    kept, busiest = [], 0.0
    for number in range(0 if comparison.warm_up else 1, rounds + 1):
        busiest = max(busiest, _wait_for_quiet(patience))
        figures = {}
        for side, measure in comparison.sides.items():
            figures[side] = figure = measure()
            if not 0 < figure < math.inf:
                raise BenchError(f"{side}: measured {figure}, not a positive number; run it again")
            label = f"round {number} of {rounds}" if number else "warm-up"
            print(f"{label}: {side}: {figure:,.1f} {comparison.unit}")
        if number:
            kept.append(figures)
    return kept, busiest


def _wait_for_quiet(patience: float) -> float:
    """Return what percentage of the processor others still use in the end."""
    busy, waited = psutil.cpu_percent(interval=GLANCE_SECONDS), 0.0
    while busy > BUSY_PERCENT and waited < patience:
        busy, waited = psutil.cpu_percent(interval=GLANCE_SECONDS), waited + GLANCE_SECONDS
    if busy > BUSY_PERCENT:
        print(f"others use {busy:.0f} % of the processor; the figures will suffer")
    return busy
