"""Finding a run by what a command line calls it. Imports neither torch nor numpy."""

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import FILE_NAME

ROOTS = (Path("outputs"), Path("results"))
"""Where runs lie unless a command is told otherwise."""

_NAMED = re.compile(r"(?P<row>.+)-(?P<dataset>[^-]+)-s\d+-(?P<identity>[0-9a-f]{12})")
_LISTED = 5
_NEAREST = 3


def find_run(text: str, roots: Sequence[Path]) -> Path:
    """Return the folder of the run that `text` names.

    `text` is the folder's path, or below one of `roots` its name, or a beginning of its name
    or identity that no other run has. Where two roots hold the same run, the first counts.

    Raises:
        BenchError: no run is called so, or several are.
    """
    path = Path(text)
    path = path.parent if path.name == FILE_NAME else path
    if (path / FILE_NAME).is_file():
        return path
    if text.endswith("/") or len(path.parts) > 1 or not text:
        raise BenchError(f"{path}: no run here (a run's folder holds {FILE_NAME}); check the path")
    runs = _runs(roots)
    if text in runs:
        return runs[text]
    fitting = [name for name in runs if _begins(name, runs[name], text)]
    if len(fitting) == 1:
        return runs[fitting[0]]
    raise BenchError(_several(text, fitting) if fitting else _none(text, runs, roots))


def find_runs(text: str, dataset: str, roots: Sequence[Path]) -> list[Path]:
    """Return the folders of all runs on `dataset` of the row called `text`, by name.

    If no row is called so, the one run that `find_run` returns.

    Raises:
        BenchError: no row and no run is called so, or several runs are.
    """
    runs = _runs(roots)
    named = [each for name in sorted(runs) if (each := _NAMED.fullmatch(name))]
    of_row = [each for each in named if each["row"] == text]
    on_dataset = [runs[each[0]] for each in of_row if each["dataset"] == dataset]
    if of_row and not on_dataset:
        raise BenchError(f"row {text!r}: no run on {dataset}; choose another with --dataset")
    return on_dataset or [find_run(text, roots)]


def _runs(roots: Sequence[Path]) -> dict[str, Path]:
    runs: dict[str, Path] = {}
    for root in roots:
        for folder in _run_folders(root):
            runs.setdefault(folder.name, folder)
    return runs


def _run_folders(root: Path) -> Iterator[Path]:
    """Yield the folders below `root` that hold a record and bear a run's name, by path."""
    for folder, inner, files in os.walk(root):
        here = Path(folder)
        if FILE_NAME in files and _NAMED.fullmatch(here.name):
            inner.clear()
            yield here
        inner[:] = sorted(name for name in inner if not name.startswith("."))


def _begins(name: str, folder: Path, text: str) -> bool:
    named = _NAMED.fullmatch(name)
    assert named is not None, "only folders with a run's name are looked at"
    identity = named["identity"]
    if len(text) > len(identity) and text.startswith(identity):
        # The name holds the identity's first digits alone; the record holds all of them.
        return f'"identity": "{text}' in (folder / FILE_NAME).read_text("utf-8", "replace")
    return name.startswith(text) or identity.startswith(text)


def _several(text: str, names: Sequence[str]) -> str:
    listed = ", ".join(sorted(names)[:_LISTED])
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"run {text!r}: {len(names)} runs begin so; say which: {listed}{more}"


def _none(text: str, runs: dict[str, Path], roots: Sequence[Path]) -> str:
    places = " or ".join(f"{root}/" for root in roots)
    if not runs:
        return f"run {text!r}: not found; no runs in {places}, train one first"
    near = difflib.get_close_matches(text, sorted(runs), _NEAREST, cutoff=0.4)
    hint = f"nearest: {', '.join(near)}" if near else f"{places} has {len(runs)} others"
    return f"run {text!r}: not found in {places}; {hint}"
