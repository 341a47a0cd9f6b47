"""`fmnist-bench compare A B`: explain the difference between two rows."""

import argparse
from pathlib import Path

from fmnist_bench.board.choices import choices
from fmnist_bench.board.collect import collect
from fmnist_bench.board.column import Column
from fmnist_bench.board.figures import percent, points
from fmnist_bench.board.pair import Difference, compare, votes
from fmnist_bench.board.rows import BoardRow, find_row
from fmnist_bench.board.terminal import plain
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.data.labels import test_labels
from fmnist_bench.errors import BenchError

_IMAGES_SHOWN = 20


def main(argv: list[str]) -> int:
    """Print how the rows that `argv` names differ.

    Raises:
        BenchError: a row is not on the board or has no run on the dataset.
    """
    options = parser().parse_args(argv)
    collected = collect(options.results)
    rows = [find_row(collected, name) for name in (options.a, options.b)]
    columns = [_column(row, options.dataset) for row in rows]
    result = compare(*columns)
    seen = [
        f"{row.label.name}: {sentence}"
        for row in rows
        if (found := choices(collected.ledger, row.label.name, options.dataset)).looked
        for sentence in found.sentences
    ]
    _print_figures(rows, columns, result, seen)
    _print_images(columns, result)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench compare",
        description="Difference of two rows, its interval and p value, and where they disagree.",
    )
    parser.add_argument("a", help="row name; name:recipe where two recipes share a name")
    parser.add_argument("b", help="row name")
    parser.add_argument("--results", type=Path, default=Path("outputs"), metavar="DIR")
    parser.add_argument("--dataset", choices=list(DATASETS), default="fashion_mnist")
    return parser


def _column(row: BoardRow, dataset: str) -> Column:
    column = row.columns[dataset]
    if not column.runs:
        raise BenchError(f"row {row.label.name!r}: no finished run on {dataset}; train one first")
    return column


def _print_figures(
    rows: list[BoardRow], columns: list[Column], result: Difference, seen: list[str]
) -> None:
    dataset = columns[0].dataset
    for letter, row, column in zip("AB", rows, columns, strict=True):
        runs = "1 run" if len(column.runs) == 1 else f"{len(column.runs)} runs"
        print(f"{letter}  {plain(row.title)}: {percent(column.mean)} % on {dataset.title}, {runs}")
    low, high = result.interval
    over = "seeds and images" if result.seeds_counted else "images, not seeds"
    print(
        f"A - B: {points(result.mean)} points; 95 % interval over {over}: "
        f"{points(low)} to {points(high)}"
    )
    verdict = "can" if result.p < 0.05 else "cannot"
    if seen:
        print(f"no p value, as runs were chosen after a look; {' '.join(map(plain, seen))}")
    else:
        print(f"p = {result.p:.2g} ({result.test}): they {verdict} be told apart")
    print("\nA - B by class, in points")
    for name, gap in zip(dataset.class_names, result.per_class, strict=True):
        print(f"  {name:12} {points(float(gap))}")


def _print_images(columns: list[Column], result: Difference) -> None:
    dataset = columns[0].dataset
    labels, names = test_labels(dataset.key), dataset.class_names
    shown = result.images[:_IMAGES_SHOWN]
    print(f"\n{len(result.images)} images that most runs of only one row get right", end="")
    print(f"; the first {len(shown)}" if len(shown) < len(result.images) else "")
    for image in shown.tolist():
        said = [
            ", ".join(f"{names[label]} {count}" for label, count in votes(column, image))
            for column in columns
        ]
        print(f"  {image:5}  {names[int(labels[image])]}; A: {said[0]}; B: {said[1]}")
