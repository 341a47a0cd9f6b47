"""The page's data against the Markdown board and against numpy."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from markdown_it import MarkdownIt
from numpy.typing import NDArray

from fmnist_bench.board.collect import Collected, ScoredRun
from fmnist_bench.board.markdown import documents, render
from fmnist_bench.board.page.html import page
from fmnist_bench.board.page.pairs import DIGITS
from fmnist_bench.board.page.payload import MOST_PICTURES, payload
from fmnist_bench.board.pair import compare
from fmnist_bench.board.standings import Board, build_board
from fmnist_bench.records.identity import recipe_digest

BOTH = ["fashion_mnist", "mnist"]


@pytest.fixture(scope="module")
def runs(synthetic: SimpleNamespace, make_runs: Callable[..., Any]) -> list[ScoredRun]:
    vgg = synthetic.row("vgg", datasets=BOTH)
    other, lone = synthetic.row("other"), synthetic.row("lone", 1)
    lost = synthetic.failed(other, seed=4, error="loss is nan\nat step 3")
    return [
        *make_runs(vgg, {"fashion_mnist": 0.93, "mnist": 0.99}, parameters=9_000_000),
        *make_runs(other, {"fashion_mnist": 0.9}, seeds=4, hard=1, macs=None),
        ScoredRun("runs/lost", lost),
        *make_runs(lone, {"fashion_mnist": 0.85}, seeds=1),
    ]


@pytest.fixture(scope="module")
def board(make_board: Callable[..., Board], runs: list[ScoredRun]) -> Board:
    return make_board(runs)


@pytest.fixture(scope="module")
def data(board: Board, noise: dict[str, NDArray[np.uint8]]) -> dict[str, Any]:
    made = payload(board, noise, {"vgg": "Looked at.\nFine."})
    return json.loads(json.dumps(made))  # type: ignore[no-any-return]  # what a browser gets


def tables(text: str) -> list[list[list[str]]]:
    """Every table of a Markdown text, header first."""
    found: list[list[list[str]]] = []
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in parser.parse(text):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and token.level >= 4:
            found[-1][-1].append("".join(child.content for child in token.children or []))
    return found


def test_figures_are_those_of_the_markdown_board(board: Board, data: dict[str, Any]) -> None:
    (first,) = tables(render(board))
    pages = documents(board)
    for i, row in enumerate(data["rows"]):
        fashion = row["columns"]["fashion_mnist"]
        std = f" ± {fashion['std']}" if fashion["std"] else ""
        rank, classifier, accuracy, _, parameters, pflop, time, tier = first[i + 1]
        assert rank == (fashion["rank"] or fashion["status"])
        assert (classifier, tier) == (row["classifier"], row["tier"])
        assert accuracy == f"{fashion['percent']}{std} ({fashion['gap'] or fashion['count']})"
        cost = row["columns"][next(iter(row["columns"]))]["cost"]
        assert (parameters, pflop) == (cost["parameters"]["text"], cost["training_pflop"]["text"])
        assert time == fashion["time"]
        _, figures, classes, *_ = tables(pages[f"rows/{row['title']}.md"])
        own = {line[0]: line[1] for line in figures}
        for kind, name in (("seeds", "seeds"), ("images", "images"), ("total", "both")):
            text = fashion["intervals"].get(kind, {"text": "-"})["text"]
            assert own[f"95 % over {name}"] == text
        assert own["Cannot be told apart from"] == (", ".join(row["tied"]) or "-")
        assert own["MACs of one image"] == row["cost"]["macs"]["text"]
        assert own["Calibration error, %"] == fashion["calibration"]
        assert own["Most confused"] == fashion["confused"]
        printed = [cell for line in classes[1:] for cell in line[1:]]
        assert printed == fashion["confusion"].split()


def test_reported_results_are_those_of_the_markdown_board(
    board: Board, data: dict[str, Any]
) -> None:
    lines = tables(documents(board)["claims.md"])[1][1:]
    claims = data["claims"]["all"]
    assert len(claims) == len(board.claims) == 46
    for line, claim in zip(lines, claims, strict=True):
        assert line[0] == claim["mark"]
        assert (line[5], line[6], line[8]) == (claim["here"], claim["difference"], claim["flaws"])
        assert line[7].startswith(claim["verdict"])
        assert line[9] == (claim["command"] or "-")
        assert claim["claimed"] in line[2]
    (vgg,) = [claim for claim in claims if claim["row"] is not None]
    assert data["rows"][vgg["row"]]["title"] == "vgg"
    (wide,) = [claim for claim in claims if "WRN40-4" in claim["classifier"]]
    assert wide["claimed"] == "0.9607"  # not the misprint
    assert data["claims"]["sentence"] in documents(board)["claims.md"]


def test_numbers_for_drawing_fit_their_text(data: dict[str, Any]) -> None:
    for row in data["rows"]:
        for column in row["columns"].values():
            assert f"{100 * column['mean']:.2f}" == column["percent"]
            for interval in column["intervals"].values():
                text = f"{100 * interval['low']:.2f} to {100 * interval['high']:.2f}"
                assert text == interval["text"]


def test_a_row_says_how_it_was_trained(data: dict[str, Any], runs: list[ScoredRun]) -> None:
    row, record = data["rows"][0], runs[0].record
    config = yaml.safe_load(row["config"])
    assert recipe_digest(config) == record.recipe_digest
    assert row["command"] == [
        "git checkout " + "c" * 40,
        "fmnist-bench verify --rerun vgg",
    ]
    assert row["review"] == "Looked at.\nFine."
    assert [run["seed"] for run in row["columns"]["mnist"]["runs"]] == [0, 1, 2, 3, 4]
    assert row["columns"]["mnist"]["curve"] == {
        "epoch": [1, 2, 3],
        "train": [90.0] * 3,
        "validation": [90.0] * 3,
    }


def test_a_chart_has_the_costs_of_its_own_dataset(data: dict[str, Any], board: Board) -> None:
    """The table has those of a row on all datasets; the front is of one."""
    for row, standing in zip(data["rows"], board.standings, strict=True):
        for name, column in row["columns"].items():
            took = standing.row.columns[name].resources
            assert took is not None
            assert column["cost"]["training_pflop"]["value"] == took.training_pflop
            assert column["cost"]["parameters"]["value"] == took.parameters


def test_a_row_reproduced_says_by_what(
    synthetic: SimpleNamespace, make_runs: Callable[..., Any]
) -> None:
    runs = make_runs(synthetic.row("cnn", 5), {"fashion_mnist": 0.9}, seeds=5)
    machine = synthetic.machine(cpu="Other CPU")
    again = []
    for record in (run.record for run in runs):
        spans = [epoch.model_copy(update={"seconds": 30.0}) for epoch in record.history]
        later = {"started": record.ended, "machine": machine, "history": spans}
        again.append(record.model_copy(update=later).sealed())
    pairs = zip(runs, again, strict=True)
    reruns = tuple(replace(run, record=record) for run, record in pairs)
    (row,) = payload(build_board(Collected(tuple(runs), reruns=reruns)), {}, {})["rows"]
    assert row["tier"] == "reproduced, other machine"
    (sentence,) = row["sentences"]
    assert "trained again on another machine" in sentence and "equivalent" in sentence


def test_failed_runs_say_why(data: dict[str, Any]) -> None:
    other = next(row for row in data["rows"] if row["title"] == "other")
    assert other["columns"]["fashion_mnist"]["failed"] == [
        {"seed": 4, "reason": "diverged", "error": "loss is nan at step 3"}
    ]


def test_no_command_for_a_name_that_could_carry_one(
    synthetic: SimpleNamespace, make_runs: Callable[..., Any], make_board: Callable[..., Board]
) -> None:
    row = synthetic.row("x; rm -rf ~", 1)
    runs = make_runs(row, {"fashion_mnist": 0.9}, seeds=1)
    assert payload(make_board(runs), {}, {})["rows"][0]["command"] is None


def test_fronts_hold_no_row_with_gaps(data: dict[str, Any]) -> None:
    titles = [row["title"] for row in data["rows"]]
    fronts = data["datasets"]["fashion_mnist"]["fronts"]
    assert [titles[place] for place in fronts["parameters"]] == ["lone", "vgg"]
    assert data["datasets"]["mnist"]["fronts"]["macs"] == [titles.index("vgg")]


def test_hard_images_have_their_pictures_and_votes(data: dict[str, Any]) -> None:
    fashion = data["datasets"]["fashion_mnist"]
    assert fashion["hard"]["rows"] == 3
    for image in fashion["hard"]["images"]:
        assert str(image["index"]) in fashion["pictures"]["places"]
        assert sum(vote["share"] for vote in image["votes"]) == pytest.approx(1, abs=1e-3)
    for row in data["rows"]:
        for image in row["columns"]["fashion_mnist"]["hardest"]:
            assert str(image["index"]) in fashion["pictures"]["places"]


def test_a_hundred_rows_stay_below_three_megabytes(
    synthetic: SimpleNamespace,
    make_runs: Callable[..., Any],
    make_board: Callable[..., Board],
    noise: dict[str, NDArray[np.uint8]],
) -> None:
    """Worse than real: no image is shared, no picture compresses, long configs and histories."""
    epoch = {"train_loss": 0.3, "validation_loss": 0.3, "learning_rate": 0.1, "seconds": 20.0}
    history = [
        synthetic.Epoch(epoch=i, train_accuracy=i / 777, validation_accuracy=i / 888, **epoch)
        for i in range(300)
    ]
    long = {"callbacks": {f"step_{i}": {"probability": i / 7} for i in range(80)}}
    runs = []
    for i in range(100):
        row = synthetic.row(f"row_{i}", datasets=BOTH)
        accuracies = {"fashion_mnist": 0.95 - i / 2000, "mnist": 0.99 - i / 9000}
        changes = {"history": history, "recipe_changes": long}
        runs += make_runs(row, accuracies, hard=i, **changes)
    made = payload(make_board(runs), noise, {})
    for name in BOTH:
        assert len(made["datasets"][name]["pictures"]["places"]) == MOST_PICTURES
    assert len(made["rows"]) == 100 and len(made["rows"][0]["config"]) > 3000
    assert len(page(made)) < 3_000_000


def test_pairs_are_those_of_the_command_that_compares(board: Board, data: dict[str, Any]) -> None:
    pairs = data["datasets"]["fashion_mnist"]["pairs"]
    rows = [board.standings[place].row.fashion for place in pairs["rows"]]
    assert (
        len(rows) > 2 and len(pairs["p"]) == len(pairs["half"]) == len(rows) * (len(rows) - 1) / 2
    )
    told = iter(zip(pairs["half"], pairs["p"], strict=True))
    for i, first in enumerate(rows):
        for second in rows[i + 1 :]:
            half, p = next(told)
            expected = compare(first, second)
            low, high = expected.interval
            assert half == pytest.approx(50 * (high - low), rel=0.1)  # that of a bootstrap
            if expected.test.startswith("paired"):
                assert p == pytest.approx(expected.p, rel=0.06)


def test_wrong_votes_are_what_most_runs_say(board: Board, data: dict[str, Any]) -> None:
    row = board.standings[0].row.fashion
    told = re.findall(r"(~*)(.)(\d)", data["rows"][0]["columns"]["fashion_mnist"]["wrong"])
    images = np.cumsum([64 * len(more) + DIGITS.index(digit) for more, digit, _ in told])
    classes = [int(vote) for *_, vote in told]
    said = np.stack([run.predictions.classes for run in row.runs if run.predictions])
    right = (said == row.dataset.labels).sum(axis=0)
    assert {*np.flatnonzero(right == 0).tolist()} <= {*images.tolist()}
    assert not {*np.flatnonzero(2 * right > len(said)).tolist()} & {*images.tolist()}
    for image, voted in zip(images[:50], classes, strict=False):
        counts = np.bincount(said[:, image], minlength=10)
        assert counts[voted] == counts.max()
