import pytest

from fmnist_bench.commands.tune_speed import main
from fmnist_bench.config.compose import compose
from fmnist_bench.perf.combinations import measure


def test_every_combination_is_measured_and_the_fastest_comes_first() -> None:
    said: list[str] = []
    found = measure(
        compose(["model=linear", "trainer=cpu", "trainer.threads=1"]),
        batch_sizes=[8, 64],
        compiled=[False],
        seconds=0.0,
        rounds=2,
        say=said.append,
    )
    assert len(found) == len({tuple(one.overrides) for one in found}) == 8
    assert all(len(one.rates) == 2 for one in found)
    assert [one.rate for one in found] == sorted((one.rate for one in found), reverse=True)


def test_the_overrides_it_prints_are_ones_that_train_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["model=linear", "trainer=cpu", "--seconds", "0", "--rounds", "1"]) == 0
    out = capsys.readouterr().out
    (line,) = [line for line in out.splitlines() if line.startswith("fastest: ")]
    overrides = line.removeprefix("fastest: ").split()
    config = compose([*overrides, "model=linear"])
    assert config["batch_size"] == 128
    assert config["precision"] in ("32-true", "bf16-mixed")
