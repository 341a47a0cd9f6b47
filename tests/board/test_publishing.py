import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fmnist_bench.board.choices import choices
from fmnist_bench.board.ledger import Read, read_ledger
from fmnist_bench.board.publishing import enter, make_copies, plan_copies
from fmnist_bench.errors import BenchError


@pytest.fixture
def outputs(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    outputs = tmp_path / "outputs"
    row = synthetic.row("cnn", 4)
    folders = synthetic.write_row(
        outputs / "runs", row, {"fashion_mnist": synthetic.net(0.9)}, seeds=3
    )
    (folders[0] / "weights.safetensors").write_bytes(b"large")
    synthetic.write_run(outputs / "runs", synthetic.failed(row, seed=3))
    synthetic.write_row(
        outputs / "runs", synthetic.row("mlp", 1), {"fashion_mnist": synthetic.net(0.88)}
    )
    return outputs


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_finished_and_diverged_runs_of_the_row_are_copied_and_nothing_else(
    outputs: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    copies = plan_copies(outputs, results, "cnn", extend=False)
    assert not results.exists()
    assert make_copies(copies) == 4
    expected = {
        f"runs/cnn/{name.removeprefix('runs/')}": content
        for name, content in files(outputs).items()
        if name.startswith("runs/cnn-") and not name.endswith(".safetensors")
    }
    # Three with predictions and a record each; of the diverged one the record alone.
    assert len(expected) == 7
    assert files(results) == expected
    assert make_copies(plan_copies(outputs, results, "cnn", extend=False)) == 0


@pytest.mark.parametrize("name", ["record.json", "predictions.npz"])
def test_a_published_file_is_never_overwritten(outputs: Path, tmp_path: Path, name: str) -> None:
    results = tmp_path / "results"
    make_copies(plan_copies(outputs, results, "cnn", extend=False))
    target = next((results / "runs" / "cnn").glob(f"*-s1-*/{name}"))
    target.write_bytes(b"other")
    with pytest.raises(BenchError, match=f"{name}: published already"):
        plan_copies(outputs, results, "cnn", extend=False)
    assert target.read_bytes() == b"other"


@pytest.mark.parametrize(
    ("commit", "clean", "words"),
    [(None, None, "an unknown commit"), ("c" * 40, False, "uncommitted changes")],
)
def test_runs_of_no_clean_commit_are_refused(
    synthetic: SimpleNamespace, tmp_path: Path, commit: str | None, clean: bool, words: str
) -> None:
    code = synthetic.Code(commit=commit, clean=clean, source=None)
    synthetic.write_row(
        tmp_path, synthetic.row("cnn", 1), {"fashion_mnist": synthetic.net(0.9)}, code=code
    )
    with pytest.raises(BenchError, match=words):
        plan_copies(tmp_path, tmp_path / "results", "cnn", extend=False)


def publish(outputs: Path, results: Path, *, extend: bool = False) -> None:
    copies = plan_copies(outputs, results, "cnn", extend=extend)
    make_copies(copies)
    enter(results, copies.values())


def test_what_is_published_is_in_the_ledger_once(outputs: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    publish(outputs, results)
    before = (results / "ledger.jsonl").read_bytes()
    reads = [line for line in read_ledger(results).lines if isinstance(line, Read)]
    assert [(read.row, read.seed, read.planned, read.reads) for read in reads] == [
        *(("cnn", seed, 4, 1) for seed in range(3)),
        ("cnn", 3, 4, 0),
    ]
    publish(outputs, results)
    assert (results / "ledger.jsonl").read_bytes() == before


def test_a_planned_seed_without_a_run_keeps_the_row_back(outputs: Path, tmp_path: Path) -> None:
    shutil.rmtree(next((outputs / "runs").glob("cnn-*-s1-*")))
    with pytest.raises(BenchError, match=r"plans 4 seeds on fashion_mnist, and seed 1 has no run"):
        plan_copies(outputs, tmp_path / "results", "cnn", extend=False)


def test_seeds_beyond_the_plan_are_refused_or_said(
    synthetic: SimpleNamespace, outputs: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    publish(outputs, results)
    shutil.rmtree(outputs)
    nets = {"fashion_mnist": synthetic.net(0.9)}
    synthetic.write_row(outputs / "runs", synthetic.row("cnn", 6), nets)
    for folder in (outputs / "runs").glob("cnn-*"):
        if (results / "runs" / "cnn" / folder.name).exists():
            shutil.rmtree(folder)
            shutil.copytree(results / "runs" / "cnn" / folder.name, folder)
    with pytest.raises(BenchError, match="4 seeds were planned and read, now 6"):
        publish(outputs, results)
    publish(outputs, results, extend=True)
    found = choices(read_ledger(results), "cnn", "fashion_mnist")
    assert found.looked
    assert found.sentences == (
        "Seeds 4 and 5 were added after the first 4 had been scored on the test set.",
    )


def test_a_new_recipe_wants_a_new_name(
    synthetic: SimpleNamespace, outputs: Path, tmp_path: Path
) -> None:
    publish(outputs, tmp_path / "results")
    shutil.rmtree(outputs)
    nets = {"fashion_mnist": synthetic.net(0.9)}
    row = synthetic.row("cnn", 4)
    synthetic.write_row(outputs / "runs", row, nets, recipe_changes={"steps": 9})
    with pytest.raises(BenchError, match="another recipe of this name"):
        publish(outputs, tmp_path / "results")


def test_a_run_that_fails_its_checks_is_refused(
    synthetic: SimpleNamespace, outputs: Path, tmp_path: Path
) -> None:
    synthetic.write_row(
        tmp_path / "bad",
        synthetic.row("cnn", 1),
        {"fashion_mnist": synthetic.net(0.9)},
        test_reads=0,
    )
    with pytest.raises(BenchError, match="test_reads is 0"):
        plan_copies(tmp_path / "bad", tmp_path / "results", "cnn", extend=True)


def test_a_run_that_cannot_be_read_keeps_its_row_back(outputs: Path, tmp_path: Path) -> None:
    next((outputs / "runs").glob("cnn-*-s2-*/record.json")).write_text("{")
    with pytest.raises(BenchError, match=r"-s2-.*record\.json: not readable"):
        plan_copies(outputs, tmp_path / "results", "cnn", extend=False)
    assert len(plan_copies(outputs, tmp_path / "results", "mlp", extend=False)) == 1


def test_two_recipes_are_refused(synthetic: SimpleNamespace, outputs: Path) -> None:
    synthetic.write_row(
        outputs / "runs",
        synthetic.row("cnn", 1),
        {"fashion_mnist": synthetic.net(0.9)},
        recipe_changes={"steps": 9},
    )
    with pytest.raises(BenchError, match="of different recipes"):
        plan_copies(outputs, outputs, "cnn", extend=False)


SEARCH = {"protocol": {"test": "never"}}


def test_runs_of_a_search_under_the_name_of_the_row_stay_behind(
    synthetic: SimpleNamespace, outputs: Path, tmp_path: Path
) -> None:
    before = plan_copies(outputs, tmp_path, "cnn", extend=False)
    searched = synthetic.record(synthetic.row("cnn", 3), recipe_changes=SEARCH | {"steps": 9})
    synthetic.write_run(outputs / "runs", searched)
    assert plan_copies(outputs, tmp_path, "cnn", extend=False) == before


def test_a_row_that_was_only_searched_is_refused_and_says_so(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    searched = synthetic.record(synthetic.row("cnn", 3), recipe_changes=SEARCH)
    synthetic.write_run(tmp_path / "runs", searched)
    with pytest.raises(BenchError, match=r"no finished run of row 'cnn'.*1 runs of a search"):
        plan_copies(tmp_path, tmp_path, "cnn", extend=False)


def test_an_unknown_row_is_refused(outputs: Path) -> None:
    with pytest.raises(BenchError, match="no finished run of row 'vgg'"):
        plan_copies(outputs, outputs, "vgg", extend=False)


@pytest.mark.parametrize("reason", ["killed", "time limit", "error"])
def test_a_run_that_broke_has_to_be_trained_again(
    synthetic: SimpleNamespace, outputs: Path, tmp_path: Path, reason: str
) -> None:
    broken = synthetic.failed(synthetic.row("cnn", 3), seed=4, reason=reason, error="by SIGKILL")
    synthetic.write_run(outputs / "runs", broken)
    with pytest.raises(BenchError, match=f"failed .{reason}: by SIGKILL.; train it again"):
        plan_copies(outputs, tmp_path / "results", "cnn", extend=False)


def test_runs_on_other_data_stay_behind(
    synthetic: SimpleNamespace, outputs: Path, tmp_path: Path
) -> None:
    before = plan_copies(outputs, tmp_path, "cnn", extend=False)
    classes = np.zeros(10_000, np.uint8)
    predictions = synthetic.Predictions(classes, np.ones(10_000, np.float16))
    other = synthetic.record(synthetic.row("cnn", 3), "kmnist")
    synthetic.write_run(outputs / "runs", other, predictions)
    assert plan_copies(outputs, tmp_path, "cnn", extend=False) == before
