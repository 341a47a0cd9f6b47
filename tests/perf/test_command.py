from itertools import count
from pathlib import Path
from typing import Any

import pytest
from perf import __main__ as command
from perf import alone, keras, lightning, processes
from perf.comparison import Comparison, Goal, Place

from fmnist_bench.errors import BenchError


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = count(1)

    def build(name: str, place: Place) -> Comparison:
        return Comparison(
            title=f"Title of {name}",
            method="M",
            unit="images/s",
            sides={"ours": lambda: 100.0 * next(figures), "theirs": lambda: 10.0},
            goals=[Goal("ours", "theirs", "at least", 5)],
            versions={"peer": "1.2"},
        )

    monkeypatch.setattr(command, "build", build)
    monkeypatch.setattr(command, "obtain", lambda *args, **options: Path("data"))
    monkeypatch.setattr("psutil.cpu_percent", lambda interval: 0.0)


@pytest.mark.parametrize("name", command.COMPARISONS)
def test_goals_speak_of_sides_that_are_measured(
    name: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(python: Path, place: Place, name: str, batches: int) -> dict[str, Any]:
        return {"parameters": keras.NETS[name].parameters, "versions": {}}

    monkeypatch.setattr("perf.torchvision.PEER_IMAGES", 600)
    monkeypatch.setattr("perf.torchvision.suite_batches", lambda place: [])
    monkeypatch.setattr(processes, "environment", lambda *_, **options: Path("python"))
    train = place.work / "lightning-hydra-template" / "src" / "train.py"
    train.parent.mkdir(parents=True)
    train.touch()
    monkeypatch.setattr(keras, "ask", ask)
    monkeypatch.setattr(lightning, "peer", lambda *arguments: 1.0)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "A GPU")
    comparison = command.build(name, place)
    spoken_of = {goal.subject for goal in comparison.goals} | {
        goal.peer for goal in comparison.goals if goal.peer
    }
    assert spoken_of == set(comparison.sides)
    assert (comparison.device == "A GPU") == (name == "gpu")


def test_measures_shows_and_keeps(
    fake: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.main(["input", "--rounds", "3", "--outputs", str(tmp_path)])
    shown = capsys.readouterr().out
    assert "## Title of input" in shown
    # The first figure of 100 was the warm-up's.
    assert "| ours / theirs | 30.00 (20.00 .. 40.00) | at least 5 | met |" in shown
    assert [path.name for path in tmp_path.iterdir()] == ["input.json"]


def test_what_cannot_be_measured_here_is_passed_over_unless_asked_for(
    fake: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    build = command.build

    def without_gpu(name: str, place: Place) -> Comparison:
        return alone.gpu(place) if name == "gpu" else build(name, place)

    monkeypatch.setattr(command, "build", without_gpu)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    command.main(["--rounds", "1", "--outputs", str(tmp_path)])
    assert {path.stem for path in tmp_path.iterdir()} == set(command.COMPARISONS) - {"gpu"}
    assert "passed over: gpu: torch sees no GPU here" in capsys.readouterr().out
    with pytest.raises(BenchError, match="torch sees no GPU here"):
        command.main(["gpu", "--outputs", str(tmp_path)])


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


@pytest.mark.parametrize("arguments", [["input", "inptu"], ["--rounds", "0"]])
def test_a_mistake_is_refused_before_anything_is_measured(
    arguments: list[str], fake: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
    assert f"invalid choice: {arguments[1]}" in capsys.readouterr().err.replace("'", "")
