"""A sweep's sides: what they start and what they count. How long that takes, no test asks."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from perf import processes, sweep
from perf.comparison import Place

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.plan import plan


@pytest.fixture
def few(place: Place) -> Place:
    """Three jobs, and a checkout of the template."""
    train = place.work / "lightning-hydra-template" / "src" / "train.py"
    train.parent.mkdir(parents=True)
    train.touch()
    return Place(place.data, place.work, jobs=3)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six seconds between any two looks at it."""
    now = iter(range(0, 1000, 6))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(now)))


@pytest.mark.parametrize(("batches", "limit"), [(None, None), (1, 1)])
def test_our_command_is_one_for_all_jobs(
    batches: int | None, limit: int | None, few: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train_all(place: Place, *arguments: str) -> list[None]:
        planned = plan(arguments)  # not faked: Hydra takes them
        assert planned is not None
        assert [config["seed"] for config in planned.configs] == [1, 2, 3]
        for config in planned.configs:
            assert config["model"]["net"]["hidden"] == [64, 128, 64]
            assert config["trainer"]["max_epochs"] == 1
            assert config["data"]["batch_size"] == 128
            assert config["data"]["validation"] == 5000
            assert config["trainer"]["limit_train_batches"] == limit
        return [None] * 3

    monkeypatch.setattr(processes, "train_all", train_all)
    assert sweep.suite(few, batches) == 3


@pytest.mark.parametrize("batches", [None, 1])
def test_the_templates_command_is_one_for_all_jobs(
    batches: int | None, few: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    def run(command: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
        started.append([str(part) for part in command])
        (logs,) = (part for part in started[-1] if part.startswith("paths.log_dir="))
        for job in range(3):
            folder = Path(logs.partition("=")[2], f"train/multiruns/now/{job}/checkpoints")
            folder.mkdir(parents=True)  # fails if an earlier sweep's folder is still there
            (folder / "last.ckpt").touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("subprocess.run", run)
    checkout = few.work / "lightning-hydra-template"
    for _ in range(2):
        assert sweep.template(few, Path("python"), checkout, batches) == 3
    arguments = started[0][started[0].index("-m") :]
    assert {"-m", "seed=range(1,4)", "trainer.max_epochs=1"} < set(arguments)
    assert ("+trainer.limit_train_batches=1" in arguments) == (batches == 1)
    (data,) = (part.partition("=")[2] for part in arguments if part.startswith("paths.data_dir="))
    assert (Path(data) / "MNIST" / "raw").samefile(few.data)


def test_figures_are_jobs_a_minute_and_seconds_a_job(
    few: Place, clock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "environment", lambda *_, **options: Path("python"))
    monkeypatch.setattr(processes, "train_all", lambda *_: [None] * 3)
    assert sweep.sweep(few).sides[sweep.SUITE]() == 30
    assert sweep.overhead(few).sides[sweep.SUITE]() == 2


def test_a_job_that_is_missing_spoils_the_figure(
    few: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "environment", lambda *_, **options: Path("python"))
    monkeypatch.setattr(processes, "output_of", lambda *_: "")
    monkeypatch.setattr(processes, "train_all", lambda *_: [None] * 2)
    sides = sweep.sweep(few).sides
    for side, done in ((sweep.SUITE, 2), (sweep.TEMPLATE, 0)):
        with pytest.raises(BenchError, match=f"{done} jobs done in .*, expected 3"):
            sides[side]()


def test_without_a_checkout_it_says_how_to_get_one(place: Place) -> None:
    with pytest.raises(BenchError, match=f"not there; git clone {sweep.URL} {place.work}"):
        sweep.sweep(place)
