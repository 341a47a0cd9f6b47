import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fmnist_bench.board.collect import collect, run_folders
from fmnist_bench.errors import BenchError
from fmnist_bench.records.predictions import from_log_probabilities


@pytest.fixture
def folder(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    net = synthetic.net(0.9)
    (folder,) = synthetic.write_row(
        tmp_path / "runs", synthetic.row(seeds=1), {"fashion_mnist": net}
    )
    return folder


def test_accuracy_is_recomputed_and_not_the_records(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    predictions = synthetic.net(0.9).predictions(synthetic.labels("mnist"), 0)
    folder = synthetic.write_run(
        tmp_path / "runs", synthetic.record(synthetic.row(), "mnist"), predictions
    )
    stated = synthetic.record(
        synthetic.row(), "mnist", predictions_digest=predictions.digest
    )  # says 0.9
    synthetic.write_record(folder, stated)
    (run,) = collect(tmp_path).runs
    agree = sum(
        int(a == b) for a, b in zip(predictions.classes, synthetic.labels("mnist"), strict=True)
    )
    assert run.record.test.accuracy == 0.9 != agree / 10_000
    assert run.hits.sum() == agree


def test_folders_are_found_at_any_depth_in_order_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b/x", "a/deep/y", ".hidden/z", "a/.tmp", "reruns", "c"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "record.json").touch()
    (tmp_path / "record.json").touch()
    (tmp_path / "c" / "record.json.lock").touch()
    found = [path.relative_to(tmp_path).as_posix() for path in run_folders(tmp_path)]
    assert found == ["a/deep/y", "b/x", "c"]


def test_missing_results_are_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="nowhere: no such folder"):
        collect(tmp_path / "nowhere")


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def not_a_number(content: bytes) -> bytes:
    return content.replace(b'"train_seconds": 60.0', b'"train_seconds": NaN')


def lone_surrogate(content: bytes) -> bytes:
    return content.replace(b'"someone"', b'"\\ud800"')


def too_deep(content: bytes) -> bytes:
    return b'{"schema_version": 2, "a": ' + b"[" * 100_000


def newer(content: bytes) -> bytes:
    return content.replace(b'"schema_version": 2', b'"schema_version": 3')


def edited(content: bytes) -> bytes:
    return content.replace(b'"parameters": 4', b'"parameters": 5')


def empty(content: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(
    "damage", [cut, not_a_number, lone_surrogate, too_deep, newer, edited, empty]
)
def test_a_bad_record_is_a_problem_and_not_a_crash(folder: Path, damage) -> None:
    path = folder / "record.json"
    before = path.read_bytes()
    path.write_bytes(damage(before))
    assert path.read_bytes() != before
    collected = collect(folder.parent.parent)
    assert collected.runs == ()
    (problem,) = collected.unreadable
    assert str(problem).startswith(f"runs/{folder.name}")
    assert "\n" not in str(problem)
    assert str(folder.parent) not in problem.reason


def test_every_damaged_byte_of_predictions_is_a_problem_or_harmless(folder: Path) -> None:
    path = folder / "predictions.npz"
    good = path.read_bytes()
    (intact,) = collect(folder.parent).runs
    random = np.random.default_rng(0)
    for position in [*range(0, 80), *random.integers(0, len(good), 150).tolist()]:
        bad = bytearray(good)
        bad[position] ^= 0xFF
        path.write_bytes(bytes(bad))
        collected = collect(folder.parent)
        if collected.runs:
            assert np.array_equal(collected.runs[0].hits, intact.hits)
        else:
            assert len(collected.unreadable) == 1


def test_predictions_of_another_run_do_not_count(synthetic: SimpleNamespace, folder: Path) -> None:
    other = synthetic.net(0.95).predictions(synthetic.labels("fashion_mnist"), 5)
    synthetic.write_predictions(folder, other)
    (problem,) = collect(folder.parent).unreadable
    assert problem.path == f"{folder.name}/predictions.npz"


def test_missing_predictions_are_a_problem(folder: Path) -> None:
    (folder / "predictions.npz").unlink()
    (problem,) = collect(folder.parent).unreadable
    assert problem.path == f"{folder.name}/predictions.npz"
    assert problem.reason.startswith("missing")


def test_a_failed_run_needs_no_predictions(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    synthetic.write_run(tmp_path, synthetic.failed(synthetic.row()))
    (run,) = collect(tmp_path).runs
    assert run.correct is None


def test_a_run_of_a_search_needs_no_predictions(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    untested = {"test": None, "test_reads": 0}
    for protocol in ({"test": "never"}, {"test": None}):
        record = synthetic.record(
            synthetic.row(), recipe_changes={"protocol": protocol}, **untested
        )
        synthetic.write_run(tmp_path, record)
    collected = collect(tmp_path)
    (run,) = collected.runs
    assert run.record.recipe["protocol"] == {"test": "never"}
    # One that should have been scored and was not is no run.
    (problem,) = collected.unreadable
    assert "predictions.npz" in problem.path


def test_a_limited_run_is_not_scored_for_want_of_predictions(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    limited = {"trainer": {"limit_test_batches": 2}}
    synthetic.write_run(tmp_path, synthetic.record(synthetic.row(), recipe_changes=limited))
    (run,) = collect(tmp_path).runs
    assert run.accuracy is None


@pytest.mark.parametrize(("name", "digest"), [("kmnist", "d" * 64), ("fashion_mnist", "0" * 64)])
def test_on_other_data_the_record_is_believed(
    synthetic: SimpleNamespace, tmp_path: Path, name: str, digest: str
) -> None:
    stated = {"test": synthetic.Score(accuracy=0.75, loss=0.3)}
    data = {"digest": digest, "test_images": 4, "class_names": ["yes", "no"]}
    record = synthetic.record(synthetic.row(), name, data_changes=data, **stated)
    predictions = synthetic.Predictions(
        np.array([0, 1, 1, 0], np.uint8), np.full(4, 0.5, np.float16)
    )
    folder = synthetic.write_run(tmp_path, record, predictions)
    (run,) = collect(tmp_path).runs
    assert run.correct is None and run.accuracy == 0.75
    synthetic.write_record(folder, record)
    assert "not the predictions" in collect(tmp_path).unreadable[0].reason
    absurd = {"test": synthetic.Score(accuracy=7, loss=0), "predictions_digest": predictions.digest}
    synthetic.write_record(folder, record.model_copy(update=absurd))
    assert "no test.accuracy in [0, 1]" in collect(tmp_path).unreadable[0].reason


def test_all_probabilities_score_as_their_classes_do(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    truth = synthetic.labels("fashion_mnist")
    logits = np.random.default_rng(0).normal(size=(10_000, 10))
    logits[np.arange(9000), truth[:9000]] += 9
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    predictions = from_log_probabilities(log_probabilities)
    synthetic.write_run(tmp_path, synthetic.record(synthetic.row()), predictions)
    (run,) = collect(tmp_path).runs
    assert run.accuracy == np.mean(logits.argmax(axis=1) == truth)


def test_runs_trained_again_are_kept_apart(folder: Path) -> None:
    results = folder.parent.parent
    shutil.copytree(folder, results / "reruns" / "cnn" / folder.name)
    collected = collect(results)
    assert [run.path for run in collected.runs] == [f"runs/{folder.name}"]
    assert [run.path for run in collected.reruns] == [f"reruns/cnn/{folder.name}"]
