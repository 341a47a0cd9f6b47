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
    options = parser().parse_intermixed_args(argv)
    run = chosen_run(options)
    if run.record.data.pixel_scaling is None:
        raise BenchError(
            f"{run.name}: its record does not say how its data module scales pixels; set "
            "pixel_scaling there and train it again, or call predict in Python"
        )
    entries = _entries(options, run)
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


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add --run and --trust to `parser`."""
    parser.add_argument("--run", required=True, help="the run's folder, name or its beginning")
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="NAME",
        help="a net outside this suite that the record may import and run",
    )


def chosen_run(options: argparse.Namespace) -> "TrainedRun":
    """Load the run that `options` name; raises as `load_run`."""
    from fmnist_bench.inference.load import load_run

    if options.trust:
        sys.path.append(str(Path.cwd()))  # where the process that trained looked, too
    return load_run(options.run, trust=options.trust)


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench predict",
        description="Classify image files with a finished run.",
        epilog="Status 0: all images were read; 1: some were not; 2: none was.",
    )
    add_run(parser)
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="file or folder")
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="do not convert to the dataset's style; images must have its size and colours",
    )
    parser.add_argument("--show", type=Path, metavar="DIR", help="write what the net sees here")
    parser.add_argument("--json", action="store_true", help="print a JSON list, one object a file")
    return parser


def _entries(options: argparse.Namespace, run: "TrainedRun") -> list[_Entry]:
    from fmnist_bench.inference.convert import convert
    from fmnist_bench.inference.picture import gather, read_picture
    from fmnist_bench.inference.sheet import sheet_name, write_sheet

    found, skipped = gather(options.images)
    entries: list[_Entry] = []
    shown: set[str] = set()
    for path, trouble in found:
        try:
            if trouble is not None:
                raise BenchError(trouble)
            picture = read_picture(path, run.image_shape[0])
            dataset, shape = run.record.dataset, run.image_shape
            converted = convert(picture, path, dataset, shape, as_is=options.as_is)
        except BenchError as error:
            entries.append(_Entry(path, None, (), str(error)))
            continue
        entries.append(_Entry(path, converted.pixels, converted.steps, None))
        if options.show is not None:
            name = sheet_name(path, shown)
            shown.add(name)
            write_sheet(options.show, name, picture.original, converted.pixels)
    if skipped:
        print(f"skipped: {skipped} other file(s)", file=sys.stderr)
    return entries


def _answers(run: "TrainedRun", entries: list[_Entry]) -> list[dict[str, Any]]:
    import numpy as np

    readable = [np.atleast_3d(each.pixels) for each in entries if each.pixels is not None]
    if not readable:
        return [_answer(each, {}) for each in entries]
    found = run.predict(np.stack(readable).transpose(0, 3, 1, 2))
    rows = (
        dict(zip(run.class_names, row, strict=True)) if name is not None else {}
        for name, row in zip(found.names, found.probabilities.tolist(), strict=True)
    )
    return [_answer(each, {} if each.pixels is None else next(rows)) for each in entries]


def _answer(entry: _Entry, probabilities: dict[str, float]) -> dict[str, Any]:
    """Return an object with the same keys for all, so that a reader need not ask which there are.

    Of a blank image `top` is empty and `probabilities` are null.
    """
    best = sorted(probabilities, key=probabilities.__getitem__, reverse=True)[:_TOP]
    read = entry.error is None
    return {
        "file": str(entry.path),
        "error": entry.error,
        "conversion": list(entry.steps) if read else None,
        "top": [{"class": name, "probability": probabilities[name]} for name in best]
        if read
        else None,
        "probabilities": probabilities or None,
    }


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
        print(f"{_visible(answer['file'])}: {top or 'nothing seen, the image is blank'}")
        print(f"    {', '.join(answer['conversion'])}")


def _visible(text: str) -> str:
    """Replace what could move the cursor, or cannot be printed: file names may hold anything."""
    return "".join(c if c.isprintable() else "?" for c in text)
