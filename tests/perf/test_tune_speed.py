import itertools

import pytest

from fmnist_bench.commands.tune_speed import main
from fmnist_bench.config.compose import compose
from fmnist_bench.config.machine import processor
from fmnist_bench.training.combinations import Combination, measure


def test_every_combination_is_measured_and_the_fastest_comes_first() -> None:
    ways = itertools.product(("32-true", "bf16-mixed"), (False, True), (False,), (8, 64))
    combinations = [Combination(*way) for way in ways]
    said: list[str] = []
    found = measure(
        compose(["model=linear", "trainer=cpu", "speed.threads=1"]),
        combinations,
        seconds=0.0,
        rounds=2,
        say=said.append,
    )
    assert {combination for combination, _ in found} == set(combinations)
    rates = [rate for _, rate in found]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] > 0
    assert said[-2:] == ["round 1 of 2", "round 2 of 2"]


def test_the_overrides_it_prints_are_ones_that_train_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["model=linear", "trainer=cpu", "--seconds", "0", "--rounds", "1"]) == 0
    out = capsys.readouterr().out
    (line,) = [line for line in out.splitlines() if line.startswith("fastest: ")]
    overrides = line.removeprefix("fastest: ").split()
    config = compose([*overrides, "model=linear"])
    assert config["data"]["batch_size"] == 128
    precision, channels_last = config["trainer"]["precision"], config["speed"]["channels_last"]
    assert precision in ("32-true", "bf16-mixed")
    settings = f"{{precision: {precision}, channels_last: {str(channels_last).lower()}, "
    assert f"\nfastest:\n  {processor('cpu')}: {settings}" in out
