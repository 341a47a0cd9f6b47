import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

from fmnist_bench.board.answers import Answers
from fmnist_bench.board.audit import verify
from fmnist_bench.board.dataset import published
from fmnist_bench.board.score import ScoreCard, grade, score
from fmnist_bench.board.standings import read_board
from fmnist_bench.commands import leaderboard
from fmnist_bench.commands.score import main
from fmnist_bench.errors import BenchError

DATASET = published()["fashion_mnist"]


@pytest.fixture(scope="module")
def results(synthetic: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    for name, accuracy in (("best", 0.95), ("middle", 0.90), ("last", 0.80)):
        nets = {"fashion_mnist": synthetic.net(accuracy)}
        synthetic.write_row(folder / "runs", synthetic.row(name), nets)
    synthetic.write_row(
        folder / "runs", synthetic.row("one", 1), {"fashion_mnist": synthetic.net(0.93)}
    )
    return folder


@pytest.fixture(scope="module")
def answers(synthetic: SimpleNamespace) -> Answers:
    """About 92 % right, with probabilities."""
    classes = synthetic.net(0.92).predictions(synthetic.labels("fashion_mnist"), 5).classes
    probabilities = np.where(np.arange(10) == classes[:, None], 0.91, 0.01)
    return Answers(classes, probabilities)


@pytest.fixture(scope="module")
def card(results: Path, answers: Answers) -> ScoreCard:
    return score([answers], read_board(results), DATASET)


def test_figures_against_sklearn(
    card: ScoreCard, answers: Answers, synthetic: SimpleNamespace
) -> None:
    labels = synthetic.labels("fashion_mnist")
    assert card.accuracy == pytest.approx(sklearn.metrics.accuracy_score(labels, answers.classes))
    assert card.loss == pytest.approx(sklearn.metrics.log_loss(labels, answers.probabilities))
    recall = sklearn.metrics.recall_score(labels, answers.classes, average=None)
    assert list(card.classes.values()) == pytest.approx(recall)
    wilson = scipy.stats.binomtest(round(card.accuracy * 10_000), 10_000).proportion_ci(
        method="wilson"
    )
    assert (card.interval.low, card.interval.high) == pytest.approx((wilson.low, wilson.high))


def test_it_stands_between_the_rows_that_it_can_be_told_from(card: ScoreCard) -> None:
    assert (card.place, str(card.rank), card.ranked) == (2, "2", 3)
    against = {each.row: each for each in card.against}
    assert list(against) == ["best", "middle", "last", "one"]
    assert against["best"].high < 0 < against["middle"].low
    assert max(each.p for each in card.against) < 0.05
    assert against["one"].rank == "single run"


def test_against_a_single_run_it_is_scipys_paired_t_test(
    card: ScoreCard, answers: Answers, results: Path, synthetic: SimpleNamespace
) -> None:
    (one,) = [each.row for each in read_board(results).standings if each.row.title == "one"]
    ours = (answers.classes == synthetic.labels("fashion_mnist")).astype(float)
    theirs = one.fashion.correct[0].astype(float)
    expected = scipy.stats.ttest_rel(ours, theirs)
    found = next(each for each in card.against if each.row == "one")
    assert found.p == pytest.approx(expected.pvalue, rel=1e-6)
    interval = expected.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_mistakes_are_its_own_and_fewest_rows_share_the_first(
    card: ScoreCard, answers: Answers, synthetic: SimpleNamespace
) -> None:
    labels = synthetic.labels("fashion_mnist")
    assert len(card.mistakes) == 20
    for mistake in card.mistakes:
        assert answers.classes[mistake.image] != labels[mistake.image]
        assert mistake.answer == DATASET.class_names[answers.classes[mistake.image]]
    shares = [mistake.rows_right for mistake in card.mistakes]
    assert shares == sorted(shares, reverse=True) and shares[0] > 0.5


def test_graders_read_score_and_leaderboard(card: ScoreCard) -> None:
    form = grade(card)
    assert form["score"] == pytest.approx(100 * card.accuracy, abs=0.01)
    assert [each["name"] for each in form["leaderboard"]] == ["Accuracy, %", "Rank"]
    assert form["leaderboard"][1] == {"name": "Rank", "value": 2, "order": "asc"}
    assert sum(each["score"] for each in form["tests"]) / 10 == pytest.approx(92, abs=0.5)


def test_a_board_without_rows_still_scores(answers: Answers, tmp_path: Path) -> None:
    card = score([answers, answers], read_board(tmp_path), DATASET)
    assert (card.runs, card.place, str(card.rank), card.against) == (2, 1, "1", ())


def test_submitted_it_is_a_row_that_never_ranks(
    results: Path, synthetic: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = synthetic.labels("fashion_mnist")
    leaderboard.main(["--results", str(results)])
    before = (results / "leaderboard.md").read_text().splitlines()
    files = []
    for seed in range(5):
        files.append(str(tmp_path / f"{seed}.npy"))
        classes = synthetic.net(0.92).predictions(labels, 10 + seed).classes
        sure = np.where(classes == labels, 0.91, 0.55)[:, None]
        np.save(files[-1], np.where(np.arange(10) == classes[:, None], sure, (1 - sure) / 9))
    arguments = [*files, "--results", str(results), "--submit", "mine", "--submitter", "me"]
    form = tmp_path / "results.json"
    capsys.readouterr()
    assert main([*arguments, "--json", "--grade", str(form)]) == 0
    said = capsys.readouterr().out
    shown, _ = json.JSONDecoder().raw_decode(said)
    assert shown["runs"] == 5 and json.loads(form.read_text())["score"] > 90
    assert "mine is on the board as unverified" in said
    leaderboard.main(["--results", str(results)])
    after = (results / "leaderboard.md").read_text().splitlines()
    (line,) = set(after) - set(before)
    assert line.startswith("| unverified | [mine](rows/mine.md) |")
    assert line.endswith("| - | - | - | unverified |")
    assert after.index(line) == max(i for i, each in enumerate(after) if each.startswith("|"))
    assert verify(results)[1] == []
    with pytest.raises(BenchError, match="there already; submit under another name"):
        main(arguments)


def test_classes_alone_cannot_be_submitted_and_nothing_is_left(
    results: Path, answers: Answers, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", answers.classes)
    where = [str(tmp_path / "a.npy"), "--results", str(results)]
    assert main(where) == 0
    with pytest.raises(BenchError, match="needs probabilities of all classes"):
        main([*where, "--submit", "theirs"])
    assert not (results / "runs" / "theirs").exists()
    with pytest.raises(BenchError, match="expected letters, digits"):
        main([*where, "--submit", "../x"])
