import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from markdown_it import MarkdownIt

from fmnist_bench.board.markdown import CLAIMS_NAME, HEADER, documents, render
from fmnist_bench.board.standings import read_board
from fmnist_bench.board.terminal import terminal_table

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def tables(text: str) -> list[list[list[str]]]:
    """Every table of a Markdown text, header first, as a Markdown library reads it."""
    found: list[list[list[str]]] = []
    for token in MARKDOWN.parse(text):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and token.level >= 4:
            found[-1][-1].append("".join(child.content for child in token.children or []))
    return found


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    nets = {"fashion_mnist": synthetic.net(0.93), "mnist": synthetic.net(0.97)}
    vgg = synthetic.row("vgg", datasets=["fashion_mnist", "mnist"])
    synthetic.write_row(tmp_path / "runs", vgg, nets)
    other = synthetic.row("other", 5)
    synthetic.write_row(
        tmp_path / "runs", other, {"fashion_mnist": synthetic.net(0.9)}, seeds=4, macs=None
    )
    synthetic.write_run(tmp_path / "runs", synthetic.failed(other, seed=4))
    return tmp_path


def test_the_first_table_begins_as_the_published_one(results: Path) -> None:
    first = tables(render(read_board(results)))[0]
    assert first[0][:6] == [
        "Classifier",
        "Preprocessing",
        "Fashion test accuracy",
        "MNIST test accuracy",
        "Submitter",
        "Code",
    ]
    assert len(first[0]) == len(HEADER) == 11
    assert all(len(line) == 11 for line in first)


def test_every_figure_of_the_first_table(results: Path) -> None:
    board = read_board(results)
    vgg = board.standings[0].row
    first = tables(render(board))[0]
    classifier, preprocessing, fashion, mnist, submitter, code, rank, mean, time, claim, tier = (
        first[1]
    )
    assert (classifier, submitter, code) == ("The vgg", "someone", "fmnist_bench/nets/cnn.py")
    assert preprocessing == "standardized (mean 0, std 1)"
    accuracies = [run.record.test.accuracy for run in vgg.fashion.runs]
    average = sum(accuracies) / 5
    std = (sum((a - average) ** 2 for a in accuracies) / 4) ** 0.5
    assert fashion == f"{average:.4f}"
    assert mean == f"{100 * average:.2f} ± {100 * std:.2f} (5)"
    assert float(mnist) == pytest.approx(0.97, abs=0.005)
    assert claim == f"93.04 ({100 * (average - 0.9304):+.2f})"
    assert (rank, time, tier) == ("1", "-", "evidenced")


def test_a_speed_run_shows_its_time(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    speedrun = synthetic.row("speedrun")
    synthetic.write_row(
        tmp_path, speedrun, {"fashion_mnist": synthetic.net(0.92)}, timed_seconds=17.5
    )
    (line,) = tables(render(read_board(tmp_path)))[0][1:]
    assert line[HEADER.index("Time")] == "17.50 ± 0.00 s"


def test_a_time_needs_all_runs_timed(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    speedrun = synthetic.row("speedrun")
    truth = synthetic.labels("fashion_mnist")
    for seed, seconds in enumerate([17.5, 17.5, 17.5, 17.5, None]):
        synthetic.write_run(
            tmp_path,
            synthetic.record(speedrun, seed=seed, timed_seconds=seconds),
            synthetic.net(0.92).predictions(truth, seed),
        )
    (line,) = tables(render(read_board(tmp_path)))[0][1:]
    assert line[HEADER.index("Time")] == "-"


def test_gaps_are_shown_and_nothing_is_zero(results: Path) -> None:
    other = tables(render(read_board(results)))[0][2]
    assert other[0] == "The other"
    assert other[2].endswith(" (4/5, 1 failed)")
    assert other[3] == "-"
    assert other[6] == "incomplete"
    assert other[7].endswith("(4)")


def test_details_hold_cost_ties_classes_and_the_ledger(results: Path) -> None:
    details, per_class = tables(render(read_board(results)))[1:3]
    vgg = dict(zip(details[0], details[1], strict=True))
    assert (vgg["Parameters"], vgg["MACs"]) == ("422 k", "3.87 M")
    assert vgg["Training time"] == "1 min 2 s"
    assert vgg["Hardware"] == "Some CPU"
    assert vgg["Test reads"] == "10 in 10 runs"
    assert dict(zip(details[0], details[2], strict=True))["MACs"] == "-"
    assert len(per_class[0]) == 11
    shares = [float(cell) for cell in per_class[1][1:]]
    assert sum(shares) / 10 == pytest.approx(93, abs=0.5)


def test_confusion_matrices_are_folded_and_sum_to_100(results: Path) -> None:
    text = render(read_board(results))
    assert text.count("<details><summary>") == text.count("</details>") == 2
    matrices = [found for found in tables(text) if found[0][0] == "true / predicted"]
    assert len(matrices) == 2
    for line in matrices[0][1:]:
        assert sum(map(float, line[1:])) == pytest.approx(100, abs=0.6)


def test_claims_stand_beside_what_was_measured(results: Path) -> None:
    board = read_board(results)
    (found,) = tables(documents(board)[CLAIMS_NAME])
    assert len(found) - 1 == len(board.claims)
    vgg = next(line for line in found if line[2] == "0.9304")
    assert vgg[5] == tables(render(board))[0][1][7]  # mean ± std of the first table


def test_the_same_records_give_the_same_bytes_in_any_place(
    results: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = render(read_board(results))
    assert render(read_board(results)) == text
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(results, elsewhere)
    (elsewhere / "runs").rename(elsewhere / "tmp")
    (elsewhere / "tmp").rename(elsewhere / "runs")
    assert render(read_board(elsewhere)) == text


def test_an_unreadable_record_is_counted_on_the_board(results: Path) -> None:
    broken = next((results / "runs").glob("vgg-fashion*-s2-*"))
    (broken / "record.json").write_text("{")
    text = render(read_board(results))
    assert f"- 1 unreadable record left out: runs/{broken.name}/record.json: not readable" in text
    assert tables(text)[0][1][2].endswith("(4/5)")


def test_a_row_named_like_markup_renders_as_text(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    name = "|<script>alert(1)</script>"
    row = synthetic.row(name, 1, classifier=f"x {name}", submitter="[a](http://b)")
    record = synthetic.record(
        row,
        recipe_changes={"data": {"name": "fashion_mnist", "scaling": "**|<b>**"}},
        machine=synthetic.machine(device="<img>", cpu="|"),
    )
    predictions = synthetic.net(0.9).predictions(synthetic.labels("fashion_mnist"), 0)
    synthetic.write_predictions(tmp_path / "run", predictions)
    record = record.model_copy(update={"predictions_digest": predictions.digest})
    synthetic.write_record(tmp_path / "run", record)
    text = render(read_board(tmp_path))
    first, details = tables(text)[:2]
    assert first[1][:2] == [f"x {name}", "**|<b>**"]
    assert first[1][4] == "[a](http://b)"
    assert (details[1][0], details[1][8]) == (name, "<img>")
    page = MARKDOWN.render(text)
    assert not any(tag in page for tag in ("<script", "<img", "<b>", 'href="http://b'))


def test_an_empty_folder_gives_an_empty_board(tmp_path: Path) -> None:
    board = read_board(tmp_path)
    assert list(documents(board)) == ["leaderboard.md"]
    assert "No runs yet." in render(board)
    assert terminal_table(board) == "No runs yet."


def test_terminal_lines_are_short_and_cannot_move_the_cursor(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    row = synthetic.row("cnn", 1, classifier="\x1b[2Jred" + "x" * 500)
    synthetic.write_row(tmp_path, row, {"fashion_mnist": synthetic.net(0.9)})
    header, line = terminal_table(read_board(tmp_path)).splitlines()
    assert header.split()[:2] == ["rank", "row"]
    assert line.startswith("single run  cnn")
    assert "\x1b" not in line and len(line) < 120


def test_other_data_has_a_column_and_says_what_it_rests_on(
    synthetic: SimpleNamespace, results: Path
) -> None:
    for seed, accuracy in enumerate((0.8, 0.82)):
        score = synthetic.Score(accuracy=accuracy, loss=0.3)
        record = synthetic.record(synthetic.row("own", 2), "my|data", seed, test=score)
        zeros = synthetic.Predictions(np.zeros(10_000, np.uint8), np.ones(10_000, np.float16))
        folder = results / "runs" / f"own{seed}"
        synthetic.write_predictions(folder, zeros)
        sealed = record.model_copy(update={"predictions_digest": zeros.digest})
        synthetic.write_record(folder, sealed)
    board = read_board(results)
    text = render(board)
    first, details, per_class = tables(text)[:3]
    place = first[0].index("my|data, mean ± std (runs), %")
    assert len(first[0]) == len(HEADER) + 1 and place == 4
    (own,) = [line for line in first if line[0] == "The own"]
    assert own[place] == f"81.00 ± {100 * np.std([0.8, 0.82], ddof=1):.2f} (2)"
    assert own[2:4] == ["-", "-"] and "my|data only" in own
    assert all(line[place] == "-" for line in first[1:] if line is not own)
    (own,) = [line for line in details if line[0] == "own"]
    assert own[1:5] == ["-"] * 4 and own[9:11] == ["-"] * 2
    assert "own" not in [line[0] for line in per_class]
    assert "for want of published labels" in text
    header, *lines = terminal_table(board).splitlines()
    assert "my|data %" in header and any("81.00" in line and "own" in line for line in lines)


def test_predictions_made_elsewhere_stand_without_a_recipe(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    nothing = ("recipe", "recipe_digest", "machine", "code", "selection", "training_macs")
    unknown = (*nothing, "parameters", "macs", "history", "train_seconds")
    nets = {"fashion_mnist": synthetic.net(0.88)}
    synthetic.write_row(tmp_path, synthetic.row("forest", 1), nets, **dict.fromkeys(unknown))
    first, details = tables(render(read_board(tmp_path)))[:2]
    assert first[1][:2] == ["The forest", "not stated"]
    assert details[1][5:9] == ["-"] * 4
