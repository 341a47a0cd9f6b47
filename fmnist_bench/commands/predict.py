"""`fmnist-bench predict --run RUN IMAGE ...`: say what image files show."""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist_bench.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fmnist_bench.inference import TrainedRun

_TOP = 3


@dataclass(frozen=True)
class _Entry:
    """One named image: its pixels and what was done to them, or why there are none."""

    path: Path
    pixels: "NDArray[np.uint8] | None"
    steps: tuple[str, ...]
    error: str | None


def main(argv: list[str]) -> int:
    """Print the likeliest classes of every image that `argv` names.

    Return 1 if an image could not be read, 2 if none could.

    Raises:
        BenchError: the run cannot be used.
    """
    options = _parser().parse_intermixed_args(argv)
    from fmnist_bench.inference import load_run  # imports torch, which --help does without

    run = load_run(options.run, trust=options.trust)
    entries = _entries(options, run.record.dataset)
    answers = _answers(run, entries)
    if options.json:
        print(json.dumps(answers, indent=1))
    else:
        _print_text(run, answers)
    for entry in entries:
        if entry.error:
            print(f"fmnist-bench: {_visible(entry.error)}", file=sys.stderr)
    failed = sum(entry.error is not None for entry in entries)
    return 0 if not failed else 2 if failed == len(entries) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fmnist-bench predict",
        description="Classify image files with a finished run.",
        epilog="Status 0: all images were read; 1: some were not; 2: none was.",
    )
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="file or folder")
    parser.add_argument("--run", required=True, help="the run's folder, name or its beginning")
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="do not convert to the dataset's style; images must be 28x28 of 8-bit grey",
    )
    parser.add_argument("--show", type=Path, metavar="DIR", help="write what the net sees here")
    parser.add_argument("--json", action="store_true", help="print a JSON list, one object a file")
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="NAME",
        help="a net outside this suite that the record may import and run",
    )
    return parser


def _entries(options: argparse.Namespace, dataset: str) -> list[_Entry]:
    from fmnist_bench.inference.convert import convert
    from fmnist_bench.inference.gather import gather
    from fmnist_bench.inference.picture import read_picture
    from fmnist_bench.inference.show import comparison_name, write_comparison

    gathered = gather(options.images)
    entries: list[_Entry] = []
    shown: set[str] = set()
    for path, trouble in gathered.found:
        try:
            if trouble is not None:
                raise BenchError(trouble)
            picture = read_picture(path)
            converted = convert(picture, path, dataset, as_is=options.as_is)
        except BenchError as error:
            entries.append(_Entry(path, None, (), str(error)))
            continue
        entries.append(_Entry(path, converted.pixels, converted.steps, None))
        if options.show is not None:
            name = comparison_name(path, shown)
            shown.add(name)
            write_comparison(options.show, name, picture.original, converted.pixels)
    if gathered.skipped:
        print(f"skipped: {gathered.skipped} other file(s)", file=sys.stderr)
    return entries


def _answers(run: "TrainedRun", entries: list[_Entry]) -> list[dict[str, Any]]:
    import torch

    readable = [torch.tensor(entry.pixels) for entry in entries if entry.pixels is not None]
    rows = iter(run.predict(torch.stack(readable)).probabilities.tolist() if readable else [])
    return [
        _error(entry) if entry.pixels is None else _answer(entry, run.class_names, next(rows))
        for entry in entries
    ]


def _answer(entry: _Entry, names: tuple[str, ...], probabilities: list[float]) -> dict[str, Any]:
    named = dict(zip(names, probabilities, strict=True))
    best = sorted(named, key=named.__getitem__, reverse=True)[:_TOP]
    return {
        "file": str(entry.path),
        "error": None,
        "conversion": list(entry.steps),
        "top": [{"class": name, "probability": named[name]} for name in best],
        "probabilities": named,
    }


def _error(entry: _Entry) -> dict[str, Any]:
    """Return an object with the same keys, so that a reader need not ask which there are."""
    nothing = {"conversion": None, "top": None, "probabilities": None}
    return {"file": str(entry.path), "error": entry.error, **nothing}


def _print_text(run: "TrainedRun", answers: list[dict[str, Any]]) -> None:
    precision = run.record.precision
    scored = "" if precision == "32-true" else f" (it was scored in {precision})"
    print(f"{_visible(run.name)}, in 32-bit floats{scored}")
    for answer in answers:
        if answer["error"]:
            continue
        top = ", ".join(
            f"{each['class']} {100 * each['probability']:.1f} %" for each in answer["top"]
        )
        print(f"{_visible(answer['file'])}: {top}")
        print(f"    {', '.join(answer['conversion'])}")


def _visible(text: str) -> str:
    """Replace what could move the cursor, or cannot be printed: file names may hold anything."""
    return "".join(c if c.isprintable() else "?" for c in text)
