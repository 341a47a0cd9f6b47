import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from fmnist_bench.commands.compare import main
from fmnist_bench.errors import BenchError


@pytest.fixture(scope="module")
def synthetic() -> SimpleNamespace:
    builder = Path(__file__).parents[1] / "board" / "synthetic.py"
    return SimpleNamespace(**runpy.run_path(str(builder)))


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    for name, accuracy in (("cnn", 0.92), ("mlp", 0.88), ("mlp_twin", 0.88)):
        synthetic.write_row(
            tmp_path, synthetic.row(name), {"fashion_mnist": synthetic.net(accuracy)}
        )
    return tmp_path


def test_a_pair_is_explained(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cnn", "mlp", "--results", str(results)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("A  cnn: 9") and lines[0].endswith("on Fashion-MNIST, 5 runs")
    assert lines[1].startswith("B  mlp: 8")
    difference = float(lines[2].split()[3])
    low, high = (float(word) for word in lines[2].rsplit(": ", 1)[1].split(" to "))
    assert low < difference < high
    assert difference == pytest.approx(4, abs=0.5)
    assert lines[3].endswith("they can be told apart")
    classes = lines[6:16]
    shares = [float(line.rsplit(" ", 1)[1]) for line in classes]
    assert sum(shares) / 10 == pytest.approx(difference, abs=0.02)
    heading = lines[17]
    assert heading.endswith("the first 20")
    assert len(lines[18:]) == 20


def test_twins_cannot_be_told_apart(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["mlp", "mlp_twin", "--results", str(results)])
    assert "they cannot be told apart" in capsys.readouterr().out


def test_a_dataset_without_runs_is_one_line(results: Path) -> None:
    with pytest.raises(BenchError, match="row 'cnn': no finished run on mnist"):
        main(["cnn", "mlp", "--results", str(results), "--dataset", "mnist"])


def test_rows_that_were_extended_after_a_look_get_no_p_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = Path(__file__).parents[2] / "results"
    assert main(["cnn_short_bf16", "cnn_short_fp32", "--results", str(results)]) == 0
    said = capsys.readouterr().out
    assert "no p value, as runs were chosen after a look; cnn_short_bf16: " in said
    assert "Seeds 5 to 9 were added after the first 5" in said and "p = " not in said
    assert main(["cnn_best", "cnn_wide", "--results", str(results)]) == 0
    assert "p = " in capsys.readouterr().out
