import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from fmnist_bench.commands import leaderboard
from fmnist_bench.commands.verify import main
from fmnist_bench.errors import BenchError


@pytest.fixture(scope="module")
def synthetic() -> SimpleNamespace:
    builder = Path(__file__).parents[1] / "board" / "synthetic.py"
    return SimpleNamespace(**runpy.run_path(str(builder)))


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    synthetic.write_row(
        tmp_path / "runs" / "cnn", synthetic.row("cnn", 3), {"fashion_mnist": synthetic.net(0.9)}
    )
    leaderboard.main(["--results", str(tmp_path)])
    capsys.readouterr()
    return tmp_path


def test_good_results_pass_with_status_0(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--results", str(results)]) == 0
    assert capsys.readouterr().out == f"{results}: 3 runs checked, no problems\n"


def test_problems_are_a_line_each_with_their_file_and_status_1(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = next((results / "runs" / "cnn").glob("*-s1-*")) / "predictions.npz"
    broken.write_bytes(b"")
    assert main(["--results", str(results)]) == 1
    first, drift, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{broken}: not a predictions file")
    assert drift.startswith(f"{results}/leaderboard.md: not what the records give")
    assert last == f"{results}: 3 runs checked, 2 problems"


def test_a_row_to_re_run_must_be_a_name(results: Path) -> None:
    with pytest.raises(BenchError, match=r"row '\.\./cnn': expected letters"):
        main(["--results", str(results), "--rerun", "../cnn"])
