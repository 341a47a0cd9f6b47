"""A table of runs as text, CSV or JSON."""

import csv
import io
import json

from fmnist_bench.config.typed import word
from fmnist_bench.jobs.answer import Answer, Line

_DECIMALS = 4
_WIDEST = 60


def as_text(answer: Answer, *, test: bool, most: int | None = None) -> str:
    """Return aligned columns, with the test accuracy only if `test`; at most `most` lines."""
    columns = _columns(answer, test)
    shown = answer.lines[:most]
    rows = [[_heading(name) for name in columns]]
    rows += [[_cell(name, line) for name in columns] for line in shown]
    widths = [max(len(row[place]) for row in rows) for place in range(len(columns))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if len(shown) < len(answer.lines):
        text.append(f"and {len(answer.lines) - len(shown)} more: fmnist-bench runs")
    return "\n".join(text)


def as_csv(answer: Answer, *, test: bool) -> str:
    """Return the same columns with all digits, seconds and errors whole."""
    columns = _whole(answer, test)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for line in answer.lines:
        values = (line.get(name) for name in columns)
        writer.writerow("" if value is None else word(value) for value in values)
    return out.getvalue()


def as_json(answer: Answer, *, test: bool) -> str:
    """Return the same as a list of objects."""
    columns = _whole(answer, test)
    lines = [{name: line.get(name) for name in columns} for line in answer.lines]
    return json.dumps(lines, indent=1, ensure_ascii=False) + "\n"


def _columns(answer: Answer, test: bool) -> list[str]:
    facts = ["epochs", "seconds"]
    if any(line.get("note") for line in answer.lines):
        facts.append("note")
    keys = [f"={key}" for key in answer.keys]
    return ["state", "run", "validation", *(["test"] if test else []), *keys, *facts]


def _whole(answer: Answer, test: bool) -> list[str]:
    spreads = [
        f"{name} std"
        for name in ("validation", "test")
        if any(f"{name} std" in x for x in answer.lines)
    ]
    left_out = () if test else ("test", "test std")
    facts = ["state", "run", "validation", "test", *spreads, *answer.keys, "epochs", "seconds"]
    return [name for name in [*facts, "note"] if name not in left_out]


def _heading(name: str) -> str:
    key = name.removeprefix("=")
    return {"seconds": "time"}.get(key, key.removesuffix("._target_"))


def _cell(name: str, line: Line) -> str:
    key = name.removeprefix("=")
    value = line.get(key)
    if name.startswith("="):
        plain = str(value).rpartition(".")[2] if key.endswith("._target_") else word(value)
        return _cut("-" if value is None else plain)
    if value is None:
        return ""
    if name in ("validation", "test"):
        spread = line.get(f"{name} std")
        return f"{value:.{_DECIMALS}f}" + (
            f" ± {spread:.{_DECIMALS}f}" if spread is not None else ""
        )
    if name == "seconds":
        return clock(value)
    return _cut(f"{value:g}" if isinstance(value, float) else str(value))


def _cut(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…"


def clock(seconds: float) -> str:
    """Return a time as 1:02:03, or 2:03 below an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
