"""Checks of the numbers that conf gives to an augmentation."""

from collections.abc import Sequence

from fmnist_bench.errors import BenchError


def check_number(name: str, value: float, low: float, high: float) -> None:
    """Raise BenchError unless `value` is a number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BenchError(f"{name}: {value!r}, expected a number from {low} to {high}")


def check_whole(name: str, value: int, low: int) -> None:
    """Raise BenchError unless `value` is an integer of at least `low`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise BenchError(f"{name}: {value!r}, expected a whole number of at least {low}")


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raise BenchError unless `value` is one of `choices`."""
    if value not in choices:
        raise BenchError(f"{name}: {value!r}, expected one of {', '.join(choices)}")
