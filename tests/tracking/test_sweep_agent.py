"""A W&B sweep agent drives the suite, with the commands that W&B's own code builds."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

from fmnist_bench.config.compose import compose
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.spec import Spec
from tests.tracking.following import finish
from tests.tracking.wandb_file import fragments

pytestmark = pytest.mark.filterwarnings("ignore")
MakeSpec = Callable[..., Spec]
AGENT = {"WANDB_SWEEP_ID": "sweep001", "WANDB_RUN_ID": "agentrun"}


def test_the_ready_sweep_gives_a_command_that_composes() -> None:
    sweep = yaml.safe_load((conf_dir() / "wandb_sweep.yaml").read_text())
    drawn = {
        name: {"value": space.get("value", space.get("values", [space.get("min")])[0])}
        for name, space in sweep["parameters"].items()
    }
    macros = create_sweep_command_args({"args": drawn})
    macros |= {"env": ["/usr/bin/env"], "program": [sweep["program"]]}
    words: list[str] = []
    for word in create_sweep_command(sweep["command"]):
        words += macros[word[2:-1]] if word.startswith("${") else [word]
    assert words[:3] == ["/usr/bin/env", "fmnist-bench", "train"]
    config = compose([*words[3:], "trainer=cpu"])
    assert config["model"]["optimizer"]["lr"] == drawn["optimizer.lr"]["value"]
    assert config["model"]["loss"]["label_smoothing"] == drawn["label_smoothing"]["value"]
    assert config["protocol"]["test"] == "never"
    assert config["logger"]["wandb"]["mode"] == "online"
    assert sweep["metric"]["name"] == "validation_accuracy"


def test_the_first_training_takes_the_agents_id_and_no_other_does(
    hard: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in AGENT.items():
        monkeypatch.setenv(name, value)
    specs = [hard("logger=wandb", f"seed={seed}") for seed in (0, 1)]
    for spec in specs:
        finish(spec)
    ids = [fragments(spec.folder)[0].run.run_id for spec in specs]
    assert ids == ["agentrun", specs[1].identity]
    assert fragments(specs[0].folder)[0].run.sweep_id == "sweep001"


def test_without_an_agent_an_id_in_the_environment_changes_nothing(
    hard: MakeSpec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WANDB_RUN_ID", "leaked")
    monkeypatch.setenv("WANDB_RUN_GROUP", "leaked")
    monkeypatch.setenv("WANDB_RESUME", "must")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path / "leaked"))
    spec = hard("logger=wandb")
    finish(spec)
    (fragment,) = fragments(spec.folder)
    assert (fragment.run.run_id, fragment.run.run_group) == (spec.identity, "mlp")
