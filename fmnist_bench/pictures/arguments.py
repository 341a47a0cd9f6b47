"""What `fmnist-bench show` takes: its kinds, and the arguments that several of them share."""

import argparse
from pathlib import Path

KINDS = {
    "data": "a grid of training images, as the files hold them and augmented",
    "model": "the layers of a model: output shape, parameters, multiply-accumulates",
    "run": "a run's curves and confusion matrix, drawn again from its record",
    "compare": "the curves of several runs over each other, seeds as a band",
    "hard": "the test images that most models get wrong, with their votes",
    "board": "accuracy against parameters, multiply-accumulates and training time",
}

RUN = "a run's folder, its name, or the beginning of its name or identity"
_ROOTS = "look for runs here, repeatable (default: outputs and results)"


INTO = "write here (default: the run's folder; outputs/pictures/NAME for a published run)"


def kind_parser(kind: str) -> argparse.ArgumentParser:
    """Return the parser of `fmnist-bench show KIND`, without arguments."""
    return argparse.ArgumentParser(prog=f"fmnist-bench show {kind}", description=KINDS[kind])


def add_roots(parser: argparse.ArgumentParser) -> None:
    """Add `--results`, the folders to look for runs in; None where it is not given."""
    parser.add_argument("--results", type=Path, action="append", metavar="DIR", help=_ROOTS)


def picture_parser(kind: str, *, out: str) -> argparse.ArgumentParser:
    """Return a parser with the arguments of every single picture."""
    parser = kind_parser(kind)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(out),
        metavar="FILE",
        help=f"write the picture here, over what is there (default: {out})",
    )
    parser.add_argument(
        "--no-show", dest="show", action="store_false", help="do not open it on the display"
    )
    return parser


def board_parser(kind: str, *, out: str) -> argparse.ArgumentParser:
    """Return a parser with the arguments of every picture of a whole board."""
    parser = picture_parser(kind, out=out)
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("outputs"),
        metavar="DIR",
        help="folder of runs (default: outputs; the official board: results)",
    )
    return parser
