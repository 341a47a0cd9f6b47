import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from fmnist_bench.commands import leaderboard
from fmnist_bench.commands.verify import main
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Record


@pytest.fixture(scope="module")
def synthetic() -> SimpleNamespace:
    builder = Path(__file__).parents[1] / "board" / "synthetic.py"
    return SimpleNamespace(**runpy.run_path(str(builder)))


@pytest.fixture
def results(
    synthetic: SimpleNamespace,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    # These rows are called as experiments of conf/ are, and are none of them.
    monkeypatch.setattr("fmnist_bench.commands.verify.drifted", lambda results: [])
    synthetic.write_row(
        tmp_path / "runs" / "cnn", synthetic.row("cnn", 3), {"fashion_mnist": synthetic.net(0.9)}
    )
    leaderboard.main(["--results", str(tmp_path)])
    capsys.readouterr()
    return tmp_path


def test_good_results_pass_with_status_0(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--results", str(results)]) == 0
    unchecked, last = capsys.readouterr().out.splitlines()
    assert unchecked.startswith(f"{results}: not checked: commits, planned seeds")
    assert last == f"{results}: 3 runs checked, no problems"


def test_problems_are_a_line_each_with_their_file_and_status_1(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = next((results / "runs" / "cnn").glob("*-s1-*")) / "predictions.npz"
    broken.write_bytes(b"")
    assert main(["--results", str(results)]) == 1
    first, drift, _, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{broken}: not a predictions file")
    assert drift.startswith(f"{results}/leaderboard.md: not what the records give")
    assert last == f"{results}: 3 runs checked, 2 problems"


def test_a_row_to_re_run_must_be_a_name(results: Path) -> None:
    with pytest.raises(BenchError, match=r"row '\.\./cnn': expected letters"):
        main(["--results", str(results), "--rerun", "../cnn"])


@pytest.mark.parametrize(
    ("shift", "clean", "status", "words"),
    [
        (-10, True, 0, "90 % interval"),
        (-300, True, 1, "not shown to be equivalent"),
        (-10, False, 1, "does not count: made from uncommitted changes"),
    ],
)
def test_reruns_are_told_and_kept(
    synthetic: SimpleNamespace,
    results: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    shift: int,
    clean: bool,
    status: int,
    words: str,
) -> None:
    code = synthetic.Code(commit="c" * 40, clean=clean, source=None)

    def train(record: Record, folder: Path, *, weights: Path | None) -> Path:
        assert weights is None
        made: Path = synthetic.write_rerun(
            results, "cnn", shift=shift, seed=record.seed, into=folder, code=code
        )
        return made

    # The trainer itself needs torch.
    monkeypatch.setitem(sys.modules, "fmnist_bench.jobs.rerun", SimpleNamespace(rerun=train))
    assert main(["--results", str(results), "--rerun", "cnn"]) == status
    said = capsys.readouterr().out
    assert words in said and " then, " in said
    kept = list((results / "reruns" / "cnn").glob("cnn-*/record.json"))
    assert bool(kept) == clean
    assert all(str(each.parent) in said for each in kept)
