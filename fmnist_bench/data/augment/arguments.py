"""Checks of what conf gives to an augmentation or to the data module."""

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


def check_choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Raise BenchError unless `value` is one of `choices`."""
    if value not in choices:
        raise BenchError(f"{name}: {value!r}, expected one of {', '.join(map(str, choices))}")


def check_names(name: str, value: Sequence[str], like: Sequence[str] | None) -> None:
    """Raise BenchError unless `value` lists different names, as many as `like` if that is given."""
    listed = isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 0
    if not listed or not all(isinstance(each, str) and each for each in value):
        raise BenchError(f"{name}: {value!r}, expected a list of names, numbers in quotes")
    if len(set(value)) < len(value) or (like is not None and len(value) != len(like)):
        wanted = f"{len(like)} different names" if like else "every name once"
        raise BenchError(f"{name}: {', '.join(value)}; expected {wanted}")
