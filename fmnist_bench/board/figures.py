"""How the board writes its figures; a value that is missing is a dash, never a zero."""

import numpy as np

from fmnist_bench.board.column import Column
from fmnist_bench.board.intervals import Interval
from fmnist_bench.board.resources import Resources, Times

MISSING = "-"


def accuracy(value: float | None) -> str:
    """Write an accuracy as the published table does, to four places."""
    return MISSING if value is None else f"{value:.4f}"


def percent(value: float | None) -> str:
    """Write a share in percent, without the sign."""
    return MISSING if value is None else f"{100 * value:.2f}"


def points(value: float) -> str:
    """Write a difference of two shares in percentage points, with its sign."""
    return f"{100 * value:+.2f}"


def bounds(interval: Interval | None) -> str:
    """Write an interval's bounds in percent."""
    if interval is None:
        return MISSING
    return f"{100 * interval.low:.2f} to {100 * interval.high:.2f}"


def count(value: float | None) -> str:
    """Write a count to three figures: 421,642 is 422 k."""
    if value is None:
        return MISSING
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            scaled = value / size
            return f"{scaled:.3g} {unit}" if scaled < 999.5 else f"{scaled:.0f} {unit}"
    return str(value)


def duration(seconds: float | None) -> str:
    """Write a duration: 9.1 s, 2 min 5 s, 3 h 20 min."""
    if seconds is None:
        return MISSING
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def pflop(value: float | None) -> str:
    """Write a count of 10^15 operations to two figures, never as a power of ten."""
    if value is None:
        return MISSING
    return np.format_float_positional(value, 2, unique=False, fractional=False, trim="-")


def times(found: Times | None) -> str:
    """Write the median of some times, with the lowest and the highest if they differ."""
    if found is None:
        return MISSING
    low, high = duration(found.low), duration(found.high)
    return duration(found.median) + ("" if low == high else f" ({low} to {high})")


def mean_percent(column: Column) -> str:
    """Write a mean accuracy with its spread and the number of runs, in percent, and any gap."""
    if not column.runs:
        return f"{MISSING} ({column.gap})" if column.gap else MISSING
    spread = "" if column.std is None else f" ± {percent(column.std)}"
    return f"{percent(column.mean)}{spread} ({column.gap or len(column.runs)})"


def reads(resources: Resources, replaced: int) -> str:
    """Write how often the test set was read, `replaced` times by runs that made way for these.

    A run that was cut off may have read it again.
    """
    again = resources.test_reads - resources.runs
    note = f", {again} of them again after a run was cut off" if again > 0 else ""
    before = f", and {replaced} in runs that made way" if replaced else ""
    return f"{resources.test_reads} in {resources.runs} runs{note}{before}"
