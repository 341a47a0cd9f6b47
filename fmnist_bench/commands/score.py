"""`fmnist-bench score FILE`: what predictions from any framework are worth beside the board."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from fmnist_bench.board.answers import Answers, read_answers
from fmnist_bench.board.dataset import published
from fmnist_bench.board.figures import bounds, percent, points
from fmnist_bench.board.rows import row_names
from fmnist_bench.board.score import ScoreCard, grade, score
from fmnist_bench.board.standings import read_board
from fmnist_bench.board.terminal import plain
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.files import atomic_write
from fmnist_bench.records.record import Row


def main(argv: list[str]) -> int:
    """Score the files that `argv` names, one for each seed of a net.

    Raises:
        BenchError: a file cannot be scored, or what is asked for cannot be written.
    """
    options = parser().parse_args(argv)
    dataset = published()[options.dataset]
    names = row_names([options.submit] if options.submit else [])
    answers = [read_answers(path, dataset) for path in options.files]
    card = score(answers, read_board(options.results), dataset)
    if options.grade:
        with atomic_write(options.grade) as file:
            file.write((json.dumps(grade(card), indent=1) + "\n").encode())
    if options.json:
        print(json.dumps(asdict(card), indent=1))
    else:
        _print(card)
    for name in names:
        _submit(name, options, answers)
    return 0


def _submit(name: str, options: argparse.Namespace, answers: list[Answers]) -> None:
    from fmnist_bench.board.submission import submit

    row = Row(
        name=name,
        classifier=options.classifier or name,
        submitter=options.submitter,
        code=options.code,
        seeds=len(answers),
        datasets=[options.dataset],
    )
    for folder in submit(answers, options.results, row, options.dataset):
        print(folder)
    print(f"{name} is on the board as unverified; fmnist-bench leaderboard shows it")


def _print(card: ScoreCard) -> None:
    runs = "" if card.runs == 1 else f", mean of {card.runs}"
    print(f"{card.dataset}: {percent(card.accuracy)} % ({bounds(card.interval)}{runs})")
    if card.loss is not None:
        print(f"loss {card.loss:.4f} nats an image")
    print(f"would rank {card.rank} of {card.ranked + 1}, place {card.place} by accuracy alone")
    print("\nminus each row, in points; p of equal accuracy")
    for each in card.against:
        between = f"({points(each.low)} to {points(each.high)})"
        print(f"  {plain(each.row):40} {points(each.difference)} {between:20} p {each.p:.2g}")
    print("\nright by class, %")
    for name, share in card.classes.items():
        print(f"  {name:12} {percent(share)}")
    print("\nmistakes that fewest rows make")
    for each_mistake in card.mistakes:
        shared = f"{100 * each_mistake.rows_right:.0f} % of the rows' runs are right"
        print(
            f"  {each_mistake.image:5}  {each_mistake.label}, not {each_mistake.answer}; {shared}"
        )


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench score",
        description="Score predictions of the 10,000 test images, made with anything.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help=".npz, .npy or .csv of classes or probabilities, in published order; several: seeds",
    )
    parser.add_argument("--dataset", choices=list(DATASETS), default="fashion_mnist")
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="the board to compare with (default: results)",
    )
    parser.add_argument("--json", action="store_true", help="print the score as JSON")
    parser.add_argument(
        "--grade", type=Path, metavar="FILE", help="write a results.json for course graders"
    )
    parser.add_argument("--submit", metavar="NAME", help="make it an unverified row of the board")
    parser.add_argument("--classifier", metavar="TEXT", help="what the row is called")
    parser.add_argument("--submitter", default="unknown", metavar="TEXT", help="who made it")
    parser.add_argument("--code", default="elsewhere", metavar="URL", help="where its code is")
    return parser
