import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from fmnist_bench.commands import leaderboard, publish, schema, verify
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import FILE_NAME


@pytest.fixture(scope="module")
def synthetic() -> SimpleNamespace:
    builder = Path(__file__).parents[1] / "board" / "synthetic.py"
    return SimpleNamespace(**runpy.run_path(str(builder)))


@pytest.fixture
def outputs(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    for name in ("cnn", "mlp"):
        synthetic.write_row(
            tmp_path / "outputs" / "runs",
            synthetic.row(name, 2),
            {"fashion_mnist": synthetic.net(0.9)},
        )
    return tmp_path / "outputs"


def test_published_rows_make_a_board_that_passes(
    outputs: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # These rows are called as experiments of conf/ are, and are none of them.
    monkeypatch.setattr("fmnist_bench.commands.verify.drifted", lambda results: [])
    where = ["--outputs", str(outputs), "--results", str(tmp_path / "results")]
    assert publish.main(["cnn", "mlp", *where]) == 0
    assert "cnn: 2 of 2 runs are new" in capsys.readouterr().out
    assert leaderboard.main(where[2:]) == 0
    assert verify.main(where[2:]) == 0


def test_one_bad_row_keeps_the_others_back(outputs: Path, tmp_path: Path) -> None:
    broken = next((outputs / "runs").glob("mlp-*-s0-*")) / FILE_NAME
    content = json.loads(broken.read_bytes())
    broken.write_text(json.dumps(content | {"epochs": 99}))
    results = tmp_path / "results"
    with pytest.raises(BenchError, match=r"mlp-.*-s0-.*: edited after"):
        publish.main(["cnn", "mlp", "--outputs", str(outputs), "--results", str(results)])
    assert not results.exists()


def test_the_schema_describes_a_record(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.main([]) == 0
    printed = json.loads(capsys.readouterr().out)
    record = json.loads(next((outputs / "runs").glob("cnn-*/record.json")).read_bytes())
    assert set(printed["required"]) <= set(record) <= set(printed["properties"])
    assert printed["additionalProperties"] is False
