"""`fmnist-bench show`: pictures of data, runs and boards, and the layers of a model."""

import argparse
import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fmnist_bench.data.facts import DATASETS
from fmnist_bench.errors import BenchError

Argument = tuple[str, dict[str, Any]]
"""A flag or name, and what argparse is told of it; `dest` is the parameter of what draws."""


class Kind(NamedTuple):
    """A kind of picture: what it shows, its arguments, and what draws it and returns the files."""

    help: str
    arguments: Sequence[Argument]
    draw: Callable[..., Sequence[Path]]


def main(argv: list[str]) -> int:
    """Draw what `argv` names; the files go to stdout.

    Raises:
        BenchError: something named is missing or wrong.
    """
    if not argv or argv[0] in ("-h", "--help"):
        lines = [f"  {name:8} {kind.help}" for name, kind in KINDS.items()]
        more = "fmnist-bench show KIND --help tells more of one kind."
        print("\n".join(["usage: fmnist-bench show KIND ...", "", *lines, "", more]))
        return 0
    name, *rest = argv
    if name not in KINDS:
        raise BenchError(f"show {name}: unknown; expected one of {', '.join(KINDS)}")
    kind = KINDS[name]
    parser = argparse.ArgumentParser(prog=f"fmnist-bench show {name}", description=kind.help)
    for flag, told in kind.arguments:
        parser.add_argument(flag, **told)
    given = vars(parser.parse_intermixed_args(rest))
    show = given.pop("show", False)
    for path in kind.draw(**given):
        print(path, flush=True)
        if show:
            from fmnist_bench.pictures.display import display

            display(path)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    made = argparse.ArgumentParser(prog="fmnist-bench show")
    kinds = made.add_subparsers()
    for name, kind in KINDS.items():
        one = kinds.add_parser(name, help=kind.help)
        for flag, told in kind.arguments:
            one.add_argument(flag, **told)
    return made


def _data(**given: Any) -> Sequence[Path]:
    from fmnist_bench.pictures.data import data_picture

    return [data_picture(**given)]


def _model(overrides: list[str]) -> Sequence[Path]:
    from fmnist_bench.config.compose import compose
    from fmnist_bench.pictures.layers import layer_lines, layers_of

    print("\n".join(layer_lines(layers_of(compose(overrides)))))
    return []


def _run(run: str, roots: list[Path] | None, into: Path | None) -> Any:
    from fmnist_bench.pictures.run import draw_confusion, draw_curves, picture_folder
    from fmnist_bench.records.find import ROOTS, find_run
    from fmnist_bench.records.record import read_record

    folder = find_run(run, roots or ROOTS)
    record = read_record(folder)
    if record.history is not None or record.status == "failed":  # fitted in one pass: no curves
        yield from draw_curves(record, into or picture_folder(folder))
    yield from draw_confusion(folder, record, into or picture_folder(folder))


def _compare(roots: list[Path] | None, texts: list[str], **given: Any) -> Sequence[Path]:
    from fmnist_bench.pictures.overlay import compare_picture
    from fmnist_bench.records.find import ROOTS

    named = [run for text in texts for run in _of_row(text, given["dataset"], roots or ROOTS)]
    return [compare_picture(texts=named, **given, roots=roots or ROOTS)]


def _of_row(text: str, dataset: str, roots: Sequence[Path]) -> list[str]:
    """Return the folders of the runs of the row that a board prints as `text`, or `text`."""
    if not text.endswith("]"):
        return [text]
    from fmnist_bench.board.collect import collect
    from fmnist_bench.board.rows import find_row

    for root in (each for each in roots if each.is_dir()):
        with contextlib.suppress(BenchError):
            runs = find_row(collect(root), text).columns[dataset].runs
            return [str(root / run.path) for run in runs]
    raise BenchError(f"row {text!r}: not on a board of {' or '.join(map(str, roots))}")


def _hard(**given: Any) -> Sequence[Path]:
    from fmnist_bench.pictures.hard import hard_picture

    return [hard_picture(**given, say=_say)]


def _board(**given: Any) -> Sequence[Path]:
    from fmnist_bench.pictures.board import board_picture

    return [board_picture(**given)]


def _progress(**given: Any) -> Sequence[Path]:
    from fmnist_bench.pictures.progress import progress_picture

    return [progress_picture(**given)]


def _claims(**given: Any) -> Sequence[Path]:
    from fmnist_bench.pictures.claims import claims_picture

    return [claims_picture(**given)]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _path(flag: str, dest: str, text: str, **more: Any) -> Argument:
    return flag, {"type": Path, "dest": dest, "metavar": "DIR", "help": text, **more}


def _number(flag: str, default: int, text: str) -> Argument:
    return flag, {"type": int, "default": default, "help": f"{text} (default: {default})"}


def _picture(file: str) -> list[Argument]:
    text = f"write the picture here, over what is there (default: {file})"
    off = {"dest": "show", "action": "store_false", "help": "do not open it on the display"}
    return [_path("--out", "path", text, metavar="FILE", default=Path(file)), ("--no-show", off)]


_RUN = "a run's folder, its name, or the beginning of its name or identity"
_INTO = "write here (default: the run's folder; outputs/pictures/NAME for a published run)"
_WHERE = "folder of runs (default: outputs; the official board: results)"
_LOOK = "look for runs here, repeatable (default: outputs and results)"
_RESULTS = _path("--results", "results", _WHERE, default=Path("outputs"))
_ROOTS = _path("--results", "roots", _LOOK, action="append")
_DATASET = ("--dataset", {"choices": list(DATASETS), "default": "fashion_mnist"})

KINDS = {
    "data": Kind(
        "a grid of training images, as the files hold them and augmented",
        [
            ("overrides", {"nargs": "*", "help": "as in train: data=mnist augment=flip seed=1"}),
            *_picture("data.png"),
            _number("--rows", 4, "how many images down"),
            _number("--columns", 5, "how many images across"),
            ("--classes", {"metavar": "A,B", "help": "names or numbers (default: all)"}),
            _number("--epoch", 0, "which one, from 0"),
        ],
        _data,
    ),
    "model": Kind(
        "the layers of a model: output shape, parameters, multiply-accumulates",
        [("overrides", {"nargs": "*", "help": "as in train: model=vgg"})],
        _model,
    ),
    "run": Kind(
        "a run's curves and confusion matrix, drawn again from its record",
        [
            ("run", {"help": _RUN}),
            _ROOTS,
            _path("--out", "into", _INTO),
        ],
        _run,
    ),
    "compare": Kind(
        "the curves of several runs over each other, seeds as a band",
        [
            ("texts", {"nargs": "+", "metavar": "RUN", "help": f"a row's name, or {_RUN}"}),
            *(*_picture("compare.png"), _ROOTS, _DATASET),
        ],
        _compare,
    ),
    "hard": Kind(
        "the test images that most models get wrong, with their votes",
        [
            *(*_picture("hard.png"), _RESULTS, _DATASET),
            _number("--count", 24, "how many images"),
            _number("--columns", 6, "how many images across"),
            _path("--data", "data_folder", "folder of the idx files"),
        ],
        _hard,
    ),
    "board": Kind(
        "accuracy against parameters, multiply-accumulates and PFLOP",
        [*_picture("board.png"), _RESULTS],
        _board,
    ),
    "progress": Kind(
        "the board's best accuracy over time, from its log of changes",
        [*_picture("progress.png"), _RESULTS, _DATASET],
        _progress,
    ),
    "claims": Kind(
        "the published table: claimed against measured, and the verdicts",
        [*_picture("claims.png"), _RESULTS],
        _claims,
    ),
}
