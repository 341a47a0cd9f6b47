"""Measuring the sides of a comparison in turn, again and again."""

import math
import time
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass

import psutil

from fmnist_bench.errors import BenchError
from fmnist_bench.perf.comparison import Comparison

Figures = dict[str, float]
"""Side -> what one round measured."""

BUSY_PERCENT = 15.0
"""No round begins while others use more of the processor, as long as patience lasts."""
GLANCE_SECONDS = 0.5


@dataclass(frozen=True)
class Rounds:
    """`figures` of each round kept; `busy_percent` of the processor was others', at worst."""

    figures: list[Figures]
    busy_percent: float


def measure_rounds(
    comparison: Comparison, rounds: int, patience: float, say: Callable[[str], None]
) -> Rounds:
    """Return the figures of `rounds` rounds, in each of which every side is measured once.

    Taking turns spreads whatever else the machine does over all sides, and a ratio compares
    neighbours in time. One round before them warms caches up and is thrown away. Each waits
    up to `patience` seconds for the machine to be quiet.

    Raises:
        BenchError: a side measured something that is not a positive number.
    """
    kept, busiest = [], 0.0
    for number in range(rounds + 1):
        busiest = max(busiest, _wait_for_quiet(patience, say))
        figures = {}
        for side, measure in comparison.sides.items():
            figures[side] = measure()
            if not (math.isfinite(figures[side]) and figures[side] > 0):
                raise BenchError(
                    f"{comparison.title}: {side} measured {figures[side]}, expected a positive "
                    "number; run it again"
                )
            label = f"round {number} of {rounds}" if number else "warm-up"
            say(f"{label}: {side}: {figures[side]:,.1f} {comparison.unit}")
        if number:
            kept.append(figures)
    return Rounds(kept, busiest)


def _wait_for_quiet(patience: float, say: Callable[[str], None]) -> float:
    """Return what percentage of the processor others still use in the end."""
    busy, waited = psutil.cpu_percent(interval=GLANCE_SECONDS), 0.0
    while busy > BUSY_PERCENT and waited < patience:
        busy, waited = psutil.cpu_percent(interval=GLANCE_SECONDS), waited + GLANCE_SECONDS
    if busy > BUSY_PERCENT:
        say(f"others use {busy:.0f} % of the processor; the figures will suffer")
    return busy


def images_per_second(batches: Iterable[tuple[Sized, object]], seconds: float) -> float:
    """Return the rate over as many whole passes as it takes to fill `seconds`."""
    images, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds or not images:
        images += sum(len(pictures) for pictures, _ in batches)
    return images / elapsed
