"""Tampering with a results folder, one way at a time: each is found and named."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fmnist_bench.board.audit import verify
from fmnist_bench.board.markdown import documents
from fmnist_bench.board.standings import read_board
from fmnist_bench.records.predictions import read_predictions


@pytest.fixture(scope="module")
def intact(synthetic: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two complete rows, one of them on both datasets, and their board."""
    results = tmp_path_factory.mktemp("intact") / "results"
    both = synthetic.row("cnn", 5, datasets=["fashion_mnist", "mnist"])
    nets = {"fashion_mnist": synthetic.net(0.92), "mnist": synthetic.net(0.97)}
    synthetic.write_row(results / "runs" / "cnn", both, nets)
    synthetic.write_row(
        results / "runs" / "mlp", synthetic.row("mlp", 3), {"fashion_mnist": synthetic.net(0.88)}
    )
    write_board(results)
    return results


@pytest.fixture
def results(intact: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(intact, tmp_path / "results"))


def write_board(results: Path) -> None:
    for name, text in documents(read_board(results)).items():
        (results / name).parent.mkdir(exist_ok=True)
        (results / name).write_text(text)


def run(results: Path, row: str, seed: int, dataset: str = "fashion_mnist") -> Path:
    (folder,) = (results / "runs" / row).glob(f"{row}-{dataset}-s{seed}-*")
    return folder


def problems(results: Path, *, of_board: bool = False) -> list[str]:
    """What verify finds; the board's own drift, which mostly follows, only if asked for."""
    found = [str(problem) for problem in verify(results)[1]]
    assert all("\n" not in line for line in found)
    drift = ("leaderboard.md", "rows/", "claims.md")
    return [line for line in found if of_board or not line.startswith(drift)]


def path_in(results: Path, folder: Path, name: str = "record.json") -> str:
    return f"{folder.relative_to(results).as_posix()}/{name}: "


def reseal(synthetic: SimpleNamespace, folder: Path, **changes: Any) -> None:
    """Change a record and its digest together, as someone who knows how would."""
    content = json.loads((folder / "record.json").read_bytes())
    synthetic.write_record(folder, synthetic.Record.model_validate(content | changes))


def repredict(synthetic: SimpleNamespace, folder: Path, classes: np.ndarray) -> None:
    """Replace a run's predictions, and seal them into its record with their accuracy."""
    record = json.loads((folder / "record.json").read_bytes())
    right = classes == synthetic.labels(record["data"]["name"])
    confidence = np.where(right, 0.9, 0.4).astype(np.float16)
    new = synthetic.Predictions(classes.astype(np.uint8), confidence)
    accuracy = float(right.mean())
    synthetic.write_predictions(folder, new)
    test = {"accuracy": accuracy, "loss": 0.3}
    reseal(synthetic, folder, test=test, predictions_digest=new.digest)


def test_intact_results_pass(results: Path) -> None:
    assert verify(results)[:2] == (13, [])


def test_one_changed_prediction(synthetic: SimpleNamespace, results: Path) -> None:
    folder = run(results, "cnn", 2)
    old = read_predictions(folder, 10_000)
    classes = old.classes.copy()
    classes[1234] = (classes[1234] + 1) % 10
    synthetic.write_predictions(folder, synthetic.Predictions(classes, old.confidence))
    (found,) = problems(results)
    assert found.startswith(path_in(results, folder, "predictions.npz"))


@pytest.mark.parametrize("field", ["train_seconds", "seed", "epochs", "test_reads", "parameters"])
def test_one_changed_record_field(results: Path, field: str) -> None:
    path = run(results, "mlp", 1) / "record.json"
    content = json.loads(path.read_bytes())
    content[field] += 1
    path.write_text(json.dumps(content))
    found = problems(results)
    assert len(found) == 1
    assert found[0].startswith(path_in(results, path.parent))
    assert "digest" in found[0]


def test_a_changed_seed_even_if_sealed_again(synthetic: SimpleNamespace, results: Path) -> None:
    folder = run(results, "mlp", 1)
    reseal(synthetic, folder, seed=7)
    found = problems(results)
    assert any(
        line.startswith(path_in(results, folder)) and "seed is 7 but its recipe says 1" in line
        for line in found
    )


@pytest.mark.parametrize("name", ["record.json", "predictions.npz"])
def test_two_swapped_files(results: Path, tmp_path: Path, name: str) -> None:
    one, two = run(results, "cnn", 0), run(results, "cnn", 3)
    (one / name).rename(tmp_path / "kept")
    (two / name).rename(one / name)
    (tmp_path / "kept").rename(two / name)
    named = [path_in(results, folder, "predictions.npz") for folder in (one, two)]
    assert [line.split(": ")[0] + ": " for line in problems(results)] == named


def test_two_swapped_folders(results: Path, tmp_path: Path) -> None:
    one, two = run(results, "cnn", 0), run(results, "mlp", 0)
    one.rename(tmp_path / "kept")
    two.rename(one)
    (tmp_path / "kept").rename(two)
    found = problems(results)
    for folder in (one, two):
        mine = [line for line in found if line.startswith(path_in(results, folder))]
        assert any("does not belong in this folder" in line for line in mine)
        assert any("does not belong in runs/" in line for line in mine)


@pytest.mark.parametrize(("row", "seed", "dataset"), [("cnn", 3, "mnist"), ("mlp", 0, None)])
def test_a_deleted_seed_is_named_with_the_folder_it_was_in(
    results: Path, row: str, seed: int, dataset: str | None
) -> None:
    folder = run(results, row, seed, dataset or "fashion_mnist")
    shutil.rmtree(folder)
    (found,) = problems(results)
    assert found.startswith(f"{folder.relative_to(results).as_posix()}: missing")


def test_a_whole_dataset_deleted(results: Path) -> None:
    folders = [run(results, "cnn", seed, "mnist") for seed in range(5)]
    for folder in folders:
        shutil.rmtree(folder)
    expected = {f"{folder.relative_to(results).as_posix()}: missing" for folder in folders}
    assert {line.split("missing")[0] + "missing" for line in problems(results)} == expected


def test_a_whole_row_deleted_shows_on_the_board(results: Path) -> None:
    shutil.rmtree(results / "runs" / "mlp")
    (found,) = problems(results, of_board=True)
    assert found.startswith("leaderboard.md: not what the records give")


def test_a_deleted_record_beside_its_predictions(results: Path) -> None:
    folder = run(results, "mlp", 2)
    (folder / "record.json").unlink()
    found = problems(results)
    assert any(line.startswith(path_in(results, folder) + "missing") for line in found)


def test_an_edited_board(results: Path) -> None:
    board = results / "leaderboard.md"
    board.write_text(board.read_text().replace("9", "99", 1))
    (found,) = problems(results, of_board=True)
    assert found.startswith("leaderboard.md")


def test_a_missing_board(results: Path) -> None:
    (results / "leaderboard.md").unlink()
    assert problems(results, of_board=True) == [
        "leaderboard.md: missing; run fmnist-bench leaderboard"
    ]


def test_an_accuracy_that_its_predictions_do_not_give(
    synthetic: SimpleNamespace, results: Path
) -> None:
    folder = run(results, "cnn", 4)
    stated = json.loads((folder / "record.json").read_bytes())["test"]["accuracy"]
    reseal(synthetic, folder, test={"accuracy": stated + 1e-4, "loss": 0.3})
    (found,) = problems(results)
    assert found.startswith(path_in(results, folder) + "test.accuracy")


def test_a_copied_prediction_file(synthetic: SimpleNamespace, results: Path) -> None:
    folder = run(results, "mlp", 1)
    repredict(synthetic, folder, read_predictions(run(results, "cnn", 1), 10_000).classes)
    (found,) = problems(results)
    assert found.startswith(
        path_in(results, folder, "predictions.npz") + "its mistakes agree to 1.0"
    )
    assert run(results, "cnn", 1).name in found


def test_nets_that_did_not_learn_may_agree(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    for seed in range(3):
        record = synthetic.record(synthetic.row("prior", 3), seed=seed)
        same = synthetic.Predictions(np.zeros(10_000, np.uint8), np.full(10_000, 0.1, np.float16))
        folder = synthetic.write_run(tmp_path / "runs" / "prior", record, same)
        reseal(synthetic, folder, test={"accuracy": 0.1, "loss": 2.3})
    assert problems(tmp_path) == []


def lopsided(labels: np.ndarray) -> np.ndarray:
    """Right everywhere but on the Coats, all of them called Shirts, and some Bags too."""
    classes = np.where(labels == 4, 6, labels)
    classes[np.flatnonzero(labels == 8)[:100]] = 6
    return classes


def test_a_class_too_often_and_one_never(synthetic: SimpleNamespace, results: Path) -> None:
    folder = run(results, "mlp", 0)
    repredict(synthetic, folder, lopsided(synthetic.labels("fashion_mnist")))
    found = "\n".join(problems(results))
    where = path_in(results, folder, "predictions.npz")
    assert where + "class Coat is never predicted" in found
    assert where + "class Shirt is 21.0 %" in found


@pytest.mark.parametrize(
    ("dataset", "errors", "implausible"),
    [
        ("fashion_mnist", 249, True),
        ("fashion_mnist", 250, False),
        ("mnist", 9, True),
        ("mnist", 10, False),
    ],
)
def test_an_implausible_accuracy_asks_for_a_review(
    synthetic: SimpleNamespace, results: Path, dataset: str, errors: int, implausible: bool
) -> None:
    folder = run(results, "cnn", 0, dataset)
    classes = synthetic.labels(dataset).copy()
    other = read_predictions(run(results, "cnn", 1, dataset), 10_000).classes
    hard = np.flatnonzero(other != classes)[:errors]
    classes[hard] = other[hard]
    repredict(synthetic, folder, classes)
    found = problems(results)
    assert len(found) == implausible
    if implausible:
        assert found[0].startswith(path_in(results, folder, "predictions.npz"))
        assert "reviews/cnn.md" in found[0]
        (results / "reviews").mkdir()
        (results / "reviews" / "cnn.md").write_text("Looked at by hand.")
        assert problems(results) == []


def test_a_seed_used_twice(synthetic: SimpleNamespace, results: Path) -> None:
    folder = run(results, "mlp", 1)
    copy = shutil.copytree(folder, results / "runs" / "mlp" / "again" / folder.name)
    found = problems(results)
    assert any("seed 1 is used a second time" in line for line in found)
    assert all(str(copy.name) in line for line in found)


def test_mixed_protocols_within_a_row(synthetic: SimpleNamespace, results: Path) -> None:
    folder = run(results, "mlp", 2)
    data = json.loads((folder / "record.json").read_bytes())["data"]
    reseal(synthetic, folder, data=data | {"split_digest": "6" * 64})
    (found,) = problems(results)
    assert found.startswith(path_in(results, folder) + "data.split_digest is 666")


def test_unknown_data(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    record = synthetic.record(synthetic.row("cnn", 1), data_changes={"digest": "0" * 64})
    predictions = synthetic.net(0.9).predictions(synthetic.labels("fashion_mnist"), 0)
    synthetic.write_run(tmp_path / "runs" / "cnn", record, predictions)
    found = problems(tmp_path)
    assert any("data other than the published files" in line for line in found)


def test_a_smoke_run(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    smoke = {"trainer": {"limit_train_batches": 2}}
    record = synthetic.record(synthetic.row("cnn", 5), recipe_changes=smoke)
    predictions = synthetic.net(0.9).predictions(synthetic.labels("fashion_mnist"), 0)
    synthetic.write_run(tmp_path / "runs" / "cnn", record, predictions)
    (found,) = problems(tmp_path)
    assert "smoke runs" in found


@pytest.mark.parametrize(("reads", "allowed"), [(0, False), (2, True)])
def test_the_test_set_is_read_and_a_kill_may_make_it_twice(
    synthetic: SimpleNamespace, results: Path, reads: int, allowed: bool
) -> None:
    folder = run(results, "cnn", 0)
    reseal(synthetic, folder, test_reads=reads)
    found = problems(results)
    assert len(found) == (not allowed)
    if allowed:
        page = documents(read_board(results))["rows/cnn.md"]
        assert "6 in 5 runs, 1 of them again after a run was cut off" in page
    else:
        assert found[0].startswith(path_in(results, folder) + "test_reads is 0")


def test_a_flip_that_its_recipe_does_not_have(synthetic: SimpleNamespace, results: Path) -> None:
    folder = run(results, "cnn", 0)
    reseal(synthetic, folder, prediction={"test_time_flip": True})
    (found,) = problems(results)
    assert "prediction.test_time_flip is True but its recipe says False" in found


def test_a_label_unlike_its_siblings(synthetic: SimpleNamespace, results: Path) -> None:
    folder = run(results, "mlp", 1)
    row = json.loads((folder / "record.json").read_bytes())["row"]
    reseal(synthetic, folder, row=row | {"classifier": "another"})
    (found,) = problems(results)
    assert found.startswith(path_in(results, folder) + "its row's labels differ")


def test_the_largest_plan_of_a_row_counts(synthetic: SimpleNamespace, results: Path) -> None:
    """A plan may grow; a smaller one in a single record hides no deleted seed."""
    folder = run(results, "mlp", 1)
    row = json.loads((folder / "record.json").read_bytes())["row"]
    reseal(synthetic, folder, row=row | {"seeds": row["seeds"] - 1})
    assert problems(results) == []
    reseal(synthetic, folder, row=row | {"seeds": row["seeds"] + 1})
    assert any("missing: its row plans" in found for found in problems(results))


def test_every_dataset_that_a_row_plans_counts(synthetic: SimpleNamespace, results: Path) -> None:
    """Runs on a second dataset may follow later; one record that plans them is enough."""
    row = json.loads((run(results, "mlp", 1) / "record.json").read_bytes())["row"]
    reseal(synthetic, run(results, "mlp", 1), row=row | {"datasets": ["fashion_mnist", "mnist"]})
    missing = [found for found in problems(results) if "missing: its row plans" in found]
    assert len(missing) == row["seeds"]
    assert all("on mnist" in found for found in missing)


def test_a_failed_run_stands_in_for_its_seed(synthetic: SimpleNamespace, results: Path) -> None:
    shutil.rmtree(run(results, "mlp", 2))
    synthetic.write_run(results / "runs" / "mlp", synthetic.failed(synthetic.row("mlp", 3), seed=2))
    assert problems(results) == []


def test_seeds_beyond_the_plan(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    nets = {"fashion_mnist": synthetic.net(0.9)}
    synthetic.write_row(tmp_path / "runs" / "cnn", synthetic.row("cnn", 2), nets, seeds=3)
    (found,) = problems(tmp_path)
    assert "seed 2; its row plans seeds 0 to 1" in found


def test_a_row_name_that_is_a_path(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    row = synthetic.row("../up", 1)
    predictions = synthetic.net(0.99).predictions(synthetic.labels("fashion_mnist"), 0)
    record = synthetic.record(row, predictions_digest=predictions.digest)
    synthetic.write_record(tmp_path / "runs" / "x", record)
    synthetic.write_predictions(tmp_path / "runs" / "x", predictions)
    assert any("row.name" in line for line in problems(tmp_path))


UNCOMMITTED = {"commit": "c" * 40, "clean": False, "source": None}
UNKNOWN = {"commit": None, "clean": None, "source": None}


@pytest.mark.parametrize(
    ("shift", "changes", "reason"),
    [
        (20, {}, None),
        (-300, {}, "not reproduced: 0.8"),
        (20, {"recipe_changes": {"steps": 9}}, "did not finish, or the run it repeats is not here"),
        (20, {"code": UNCOMMITTED}, "made from uncommitted changes"),
        (20, {"code": UNKNOWN}, "made from an unknown commit"),
        (None, {}, "does not count: a copy of the run that it repeats"),
    ],
)
def test_reruns_are_held_against_their_originals(
    synthetic: SimpleNamespace, results: Path, shift: int | None, changes: Any, reason: str | None
) -> None:
    folder = synthetic.write_rerun(results, "cnn", shift=shift, **changes)
    found = problems(results)
    assert len(found) == (reason is not None)
    if reason is not None:
        assert found[0].startswith(path_in(results, folder) + reason)


def test_reruns_are_checked_as_runs_are(synthetic: SimpleNamespace, results: Path) -> None:
    folder = synthetic.write_rerun(results, "cnn", shift=20)
    reseal(synthetic, folder, test={"accuracy": 0.5, "loss": 0.3})
    (found,) = problems(results)
    assert found.startswith(path_in(results, folder) + "test.accuracy is 0.5")
    folder = folder.rename(folder.with_name("elsewhere"))
    synthetic.write_predictions(folder, read_predictions(run(results, "cnn", 0), 10_000))
    (found,) = problems(results)
    assert found.startswith(path_in(results, folder, "predictions.npz"))


def test_an_edit_of_record_and_digest_that_keeps_everything_consistent_cannot_be_found(
    synthetic: SimpleNamespace, results: Path
) -> None:
    """The limit that verify's documentation admits, held here so that it stays true."""
    reseal(synthetic, run(results, "mlp", 0), peak_memory_bytes=1)
    assert problems(results) == []
