import importlib
from itertools import count
from pathlib import Path

import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.perf import __main__ as command
from fmnist_bench.perf import catalogue, comparisons
from fmnist_bench.perf.comparison import Comparison, Goal, Place


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = count(1)

    def build(name: str, place: Place) -> Comparison:
        return Comparison(
            title=f"Title of {name}",
            method="M",
            unit="images/s",
            sides={"ours": lambda: 100.0 * next(figures), "theirs": lambda: 10.0},
            goals=[Goal(subject="ours", peer="theirs", sense="at least", bound=5)],
            versions={"peer": "1.2"},
        )

    monkeypatch.setattr(command, "build", build)
    monkeypatch.setattr(command, "obtain", lambda *args, **options: Path("data"))
    monkeypatch.setattr("psutil.cpu_percent", lambda interval: 0.0)


def test_every_comparison_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    files = {path.stem for path in Path(comparisons.__path__[0]).glob("*.py")} - {"__init__"}
    assert set(listed) == files == set(catalogue.COMPARISONS)
    for name in listed:
        assert callable(importlib.import_module(f"{comparisons.__name__}.{name}").build)


def test_measures_shows_and_keeps(
    fake: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["input", "--rounds", "3", "--outputs", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "## Title of input" in shown
    # The first figure of 100 was the warm-up's.
    assert "| ours / theirs | 30.00 (20.00 .. 40.00) | at least 5 | met |" in shown
    assert [path.name for path in tmp_path.iterdir()] == ["input.json"]


@pytest.mark.parametrize("gpu", [False, True])
def test_without_a_gpu_what_needs_one_is_passed_over(
    gpu: bool,
    fake: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: gpu)
    assert command.main(["--rounds", "1", "--outputs", str(tmp_path)]) == 0
    measured = {path.stem for path in tmp_path.iterdir()}
    assert measured == set(catalogue.COMPARISONS) - (set() if gpu else {"gpu"})
    assert ("gpu: passed over, torch sees no GPU here" in capsys.readouterr().out) == (not gpu)


def test_only_publish_writes_to_results(fake: None, tmp_path: Path) -> None:
    outputs, results = tmp_path / "outputs", tmp_path / "results"
    folders = ["--outputs", str(outputs), "--results", str(results)]
    command.main(["input", *folders])
    assert not results.exists()
    command.main(["input", *folders, "--publish"])
    measured, published = outputs / "input.json", results / "performance" / "input.json"
    assert published.read_bytes() == measured.read_bytes()
    page = (results / "performance.md").read_text()
    assert "## Title of input" in page
    assert "peer 1.2" in page


def test_an_unknown_comparison_is_refused_before_anything_is_measured(fake: None) -> None:
    with pytest.raises(BenchError, match=r"no comparison 'inptu'; did you mean input\?"):
        command.main(["input", "inptu"])


@pytest.mark.parametrize("rounds", ["0", "-1", "x"])
def test_no_rounds_no_measurement(rounds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["--rounds", rounds])
    assert caught.value.code == 2
    assert "--rounds" in capsys.readouterr().err
