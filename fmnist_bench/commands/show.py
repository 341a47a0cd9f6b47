"""`fmnist-bench show`: pictures of data, runs and boards, and the layers of a model."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from fmnist_bench.data.facts import DATASETS
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.arguments import (
    INTO,
    KINDS,
    RUN,
    add_roots,
    board_parser,
    kind_parser,
    picture_parser,
)


def main(argv: list[str]) -> int:
    """Draw what `argv` names; the files go to stdout.

    Raises:
        BenchError: something named is missing or wrong.
    """
    if not argv or argv[0] in ("-h", "--help"):
        print(_help())
        return 0
    kind, rest = argv[0], argv[1:]
    if kind not in _SHOW:
        raise BenchError(f"show {kind}: unknown; expected one of {', '.join(KINDS)}")
    _SHOW[kind](rest)
    return 0


def _data(argv: list[str]) -> None:
    parser = picture_parser("data", out="data.png")
    parser.add_argument("overrides", nargs="*", help="as in train: data=mnist augment=flip seed=1")
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--columns", type=int, default=5)
    parser.add_argument("--classes", metavar="A,B", help="names or numbers (default: all)")
    parser.add_argument("--epoch", type=int, default=0, help="which one, from 0 (default: 0)")
    options = parser.parse_intermixed_args(argv)
    from fmnist_bench.pictures.data import data_picture

    page = data_picture(
        options.overrides,
        rows=options.rows,
        columns=options.columns,
        classes=options.classes,
        epoch=options.epoch,
        path=options.out,
        say=_say,
    )
    _present(page, options.show)


def _model(argv: list[str]) -> None:
    parser = kind_parser("model")
    parser.add_argument("overrides", nargs="*", help="as in train: model=vgg")
    options = parser.parse_args(argv)
    from fmnist_bench.config.compose import compose
    from fmnist_bench.pictures.layers import layer_lines, layers_of

    print("\n".join(layer_lines(layers_of(compose(options.overrides)))))


def _run(argv: list[str]) -> None:
    parser = kind_parser("run")
    parser.add_argument("run", help=RUN)
    add_roots(parser)
    parser.add_argument("--data", type=Path, metavar="DIR", help="idx files, for data of your own")
    parser.add_argument("--out", type=Path, metavar="DIR", help=INTO)
    options = parser.parse_args(argv)
    from fmnist_bench.pictures.run import draw_confusion, draw_curves, picture_folder
    from fmnist_bench.records.find import ROOTS, find_run
    from fmnist_bench.records.record import read_record

    folder = find_run(options.run, options.results or ROOTS)
    record = read_record(folder)
    into = options.out or picture_folder(folder)
    for path in draw_curves(record, into):
        print(path)
    for path in draw_confusion(folder, record, options.data, into):
        print(path)


def _compare(argv: list[str]) -> None:
    parser = picture_parser("compare", out="compare.png")
    parser.add_argument("runs", nargs="+", metavar="RUN", help=f"a row's name, or {RUN}")
    add_roots(parser)
    parser.add_argument("--dataset", choices=list(DATASETS), default="fashion_mnist")
    options = parser.parse_intermixed_args(argv)
    from fmnist_bench.pictures.overlay import compare_picture
    from fmnist_bench.records.find import ROOTS

    roots = options.results or ROOTS
    path = compare_picture(options.runs, options.dataset, roots, options.out)
    _present(path, options.show)


def _hard(argv: list[str]) -> None:
    parser = board_parser("hard", out="hard.png")
    parser.add_argument("--count", type=int, default=24, help="how many images (default: 24)")
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--dataset", choices=list(DATASETS), default="fashion_mnist")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the idx files")
    options = parser.parse_args(argv)
    from fmnist_bench.pictures.hard import hard_picture

    path = hard_picture(
        options.results,
        options.dataset,
        count=options.count,
        columns=options.columns,
        data_folder=options.data,
        path=options.out,
        say=_say,
    )
    _present(path, options.show)


def _board(argv: list[str]) -> None:
    options = board_parser("board", out="board.png").parse_args(argv)
    from fmnist_bench.pictures.board import board_picture

    _present(board_picture(options.results, options.out), options.show)


_SHOW: dict[str, Callable[[list[str]], None]] = {
    "data": _data,
    "model": _model,
    "run": _run,
    "compare": _compare,
    "hard": _hard,
    "board": _board,
}


def _present(path: Path, show: bool) -> None:
    print(path)
    if show:
        from fmnist_bench.pictures.display import display

        display(path)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _help() -> str:
    lines: Sequence[str] = [f"  {kind:8} {text}" for kind, text in KINDS.items()]
    more = "fmnist-bench show KIND --help tells more of one kind."
    return "\n".join(["usage: fmnist-bench show KIND ...", "", *lines, "", more])
