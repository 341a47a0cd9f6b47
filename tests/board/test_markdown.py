import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from markdown_it import MarkdownIt

from fmnist_bench.board.markdown import (
    CLAIMS_NAME,
    HEADER,
    documents,
    published_table,
    render,
)
from fmnist_bench.board.row_pages import row_pages
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


def test_one_line_a_row_fits_a_screen(results: Path) -> None:
    board = read_board(results)
    (table,) = tables(render(board))
    assert (
        table[0]
        == list(HEADER)
        == [*("Rank", "Classifier", "Fashion", "MNIST", "Parameters", "PFLOP", "Time", "Tier")]
    )
    vgg = board.standings[0].row
    rank, classifier, fashion, mnist, parameters, pflop, time, tier = table[1]
    assert (rank, classifier, tier) == ("1", "The vgg", "evidenced")
    accuracies = [run.record.test.accuracy for run in vgg.fashion.runs]
    average = sum(accuracies) / 5
    std = (sum((a - average) ** 2 for a in accuracies) / 4) ** 0.5
    assert fashion == f"{100 * average:.2f} ± {100 * std:.2f} (5)"
    assert float(mnist.split()[0]) == pytest.approx(97, abs=0.5)
    # 3 epochs of 55,000 images, 3.87 M MACs each, 6 operations for each.
    assert (parameters, pflop) == ("422 k", f"{6 * 3.87e6 * 3 * 55_000 / 1e15:.4f}")
    assert time == "1 min 2 s (1 min 0 s to 1 min 4 s)"


def test_published_columns_are_exactly_those(results: Path) -> None:
    board = read_board(results)
    (table,) = tables(published_table(board))
    assert table[0] == [
        "Classifier",
        "Preprocessing",
        "Fashion test accuracy",
        "MNIST test accuracy",
        "Submitter",
        "Code",
    ]
    classifier, preprocessing, fashion, mnist, submitter, code = table[1]
    assert (classifier, submitter, code) == ("The vgg", "someone", "fmnist_bench/nets/cnn.py")
    assert preprocessing == "standardized (mean 0, std 1)"
    assert fashion == f"{board.standings[0].row.fashion.mean:.4f}"
    assert float(mnist) == pytest.approx(0.97, abs=0.005)
    assert table[2][2].endswith(" (4/5, 1 failed)") and table[2][3] == "-"
    assert published_table(board) in documents(board)[CLAIMS_NAME]


@pytest.mark.parametrize("alone", [False, None])
def test_time_is_of_runs_known_to_be_alone(
    synthetic: SimpleNamespace, tmp_path: Path, alone: bool | None
) -> None:
    truth = synthetic.labels("fashion_mnist")
    for seed, seconds in enumerate([17.5, 18.5, 19.5, 900.0]):
        record = synthetic.record(
            synthetic.row("cnn", 4),
            seed=seed,
            train_seconds=seconds,
            alone=True if seed < 3 else alone,
        )
        synthetic.write_run(tmp_path, record, synthetic.net(0.92).predictions(truth, seed))
    (line,) = tables(render(read_board(tmp_path)))[0][1:]
    assert line[HEADER.index("Time")] == "18.5 s (17.5 s to 19.5 s)"


def test_gaps_are_shown_and_nothing_is_zero(results: Path) -> None:
    other = tables(render(read_board(results)))[0][2]
    assert other[:2] == ["incomplete", "The other"]
    assert other[2].endswith(" (4/5, 1 failed)")
    assert other[3] == "-"


def test_a_rows_page_holds_cost_ties_runs_classes_and_the_ledger(results: Path) -> None:
    files = documents(read_board(results))
    assert {name for name in files if "/" in name} == {"rows/vgg.md", "rows/other.md"}
    assert "(rows/vgg.md)" in files["leaderboard.md"]
    facts, figures, fashion, mnist, runs = tables(files["rows/vgg.md"])
    said = {name: value for name, value in facts}
    assert (said["Parameters"], said["Tier"]) == ("422 k", "evidenced")
    assert said["Reported elsewhere, %"].startswith("93.04 (here ")
    own = {name: cells for name, *cells in figures}
    assert own["Figure"] == ["Fashion-MNIST", "MNIST"]
    assert own["MACs of one image"] == ["3.87 M"] * 2
    assert own["Hardware"] == ["Some CPU"] * 2
    assert own["Test reads"] == ["5 in 5 runs"] * 2
    for matrix in (fashion, mnist):
        assert len(matrix) == 11
        for line in matrix[1:]:
            assert sum(map(float, line[1:])) == pytest.approx(100, abs=0.6)
    recall = [float(fashion[1 + place][1 + place]) for place in range(10)]
    assert sum(recall) / 10 == pytest.approx(93, abs=0.5)
    assert [line[:2] for line in runs[1:6]] == [["Fashion-MNIST", str(n)] for n in range(5)]
    assert {name: value for name, value, *_ in tables(files["rows/other.md"])[1]}[
        "MACs of one image"
    ] == "-"
    assert ["Fashion-MNIST", "4", "failed: diverged", "-", "-", "-"] in tables(
        files["rows/other.md"]
    )[-1]


def test_claims_stand_beside_what_was_measured(results: Path) -> None:
    board = read_board(results)
    _, found = tables(documents(board)[CLAIMS_NAME])
    assert len(found) - 1 == len(board.claims)
    vgg = next(line for line in found if line[2] == "0.9304")
    assert vgg[5] == tables(render(board))[0][1][2]  # mean ± std of the first table


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
    board = read_board(tmp_path)
    text = render(board) + published_table(board)
    first, published = tables(text)
    assert first[1][1] == f"x {name}"
    assert published[1][1] == "**|<b>**" and published[1][4] == "[a](http://b)"
    page = MARKDOWN.render(text)
    assert not any(tag in page for tag in ("<script", "<img", "<b>", 'href="http://b'))
    assert not any("/" in path for path in documents(board)), "no file has such a name"
    named = [
        replace(each, row=replace(each.row, label=synthetic.row("x", 1, note=name)))
        for each in board.standings
    ]
    (text,) = row_pages(named).values()
    assert name in MARKDOWN.render(text).replace("&lt;", "<").replace("&gt;", ">")
    assert not any(tag in MARKDOWN.render(text) for tag in ("<script", "<img", "<b>"))
    assert ["Hardware", "<img>"] in tables(text)[1]


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
    (first,) = tables(text)
    place = first[0].index("my|data")
    assert len(first[0]) == len(HEADER) + 1 and place == 4
    (own,) = [line for line in first if line[1] == "The own"]
    assert own[place] == f"81.00 ± {100 * np.std([0.8, 0.82], ddof=1):.2f} (2)"
    assert own[2:4] == ["-", "-"] and "my|data only" in own
    assert all(line[place] == "-" for line in first[1:] if line is not own)
    _, figures, runs = tables(documents(board)["rows/own.md"])
    said = {line[0]: line[1] for line in figures}
    assert said["95 % over both"] == said["Calibration error, %"] == said["Most confused"] == "-"
    assert len(runs) == 3
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
    board = read_board(tmp_path)
    (first,), (published,) = tables(render(board)), tables(published_table(board))
    assert first[1][4:7] == ["-"] * 3
    assert published[1][:2] == ["The forest", "not stated"]
