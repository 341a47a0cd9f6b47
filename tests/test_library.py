"""The suite from Python, and what importing it costs."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import fmnist_bench
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import run_job
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec


def test_importing_the_package_imports_nothing_else() -> None:
    code = (
        "import sys; import fmnist_bench; before = set(sys.modules)\n"
        "print({'torch', 'hydra', 'numpy', 'pydantic', 'pandas'} & before)\n"
        "from fmnist_bench import compose; compose('trainer=cpu'); print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "set()\nFalse\n"


def test_every_name_is_there_and_an_unknown_one_is_not() -> None:
    assert all(getattr(fmnist_bench, name) for name in fmnist_bench.__all__)
    with pytest.raises(AttributeError, match="nosuch"):
        fmnist_bench.nosuch  # noqa: B018
    assert (Path(fmnist_bench.__file__).parent / "py.typed").exists()


@pytest.mark.filterwarnings("ignore")
def test_a_run_here_and_one_in_its_own_process_have_the_same_bits(
    small_overrides: list[str],
    make_spec: Callable[..., Spec],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    words = ("model.net.dropout=0.2", "augment=crop_flip", "seed=3", "logger=none")
    apart = make_spec(*words, f"paths.outputs={tmp_path / 'apart'}")
    assert run_job(apart).ok
    capfd.readouterr()
    torch.manual_seed(7)
    state = torch.get_rng_state()
    here = fmnist_bench.train(*small_overrides, *words)
    assert torch.equal(torch.get_rng_state(), state)
    assert capfd.readouterr() == ("", "")
    one, two = (load_file(each / "weights.safetensors") for each in (apart.folder, here.folder))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert read_record(apart.folder).test == here.record.test
    assert here.name == apart.name
    written = (here.folder / "record.json").stat().st_mtime_ns
    assert fmnist_bench.train(*small_overrides, *words).name == here.name
    assert (here.folder / "record.json").stat().st_mtime_ns == written

    table = fmnist_bench.runs_table(tmp_path / "outputs")
    assert table.loc[0, ["run", "state", "seed"]].tolist() == [here.name, "done", 3]
    assert table.loc[0, "validation"] == here.record.validation.accuracy  # type: ignore[union-attr]
    assert table.loc[0, "optimizer.lr"] == 0.001
    assert "test" not in table
    assert "test" in fmnist_bench.runs_table(tmp_path / "outputs", test=True)
    board = fmnist_bench.leaderboard(tmp_path / "outputs")
    assert [each.row.title for each in board.standings] == ["mlp"]


def test_several_devices_and_no_pandas_are_one_line(
    small_overrides: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BenchError, match=r"trainer\.devices: one device"):
        fmnist_bench.train(*small_overrides, "trainer.devices=2")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BenchError, match="pip install pandas"):
        fmnist_bench.runs_table(tmp_path)
