from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file

from fmnist_bench.perf.bare_loop import train_epoch
from fmnist_bench.perf.comparison import Place
from fmnist_bench.perf.comparisons import epoch, memory, start
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.run import run


@pytest.mark.filterwarnings("ignore")
def test_the_bare_loop_ends_with_the_weights_of_a_run(
    make_spec: Callable[..., Spec], small_overrides: list[str], idx_folder: Path
) -> None:
    """Lightning, the callbacks and the record change nothing in what is trained."""
    overrides = ["protocol=final", "protocol.validation=0", "epochs=1", "augment=crop_flip"]
    spec = make_spec(*overrides)
    assert run(spec) is not None
    net, rate = train_epoch(idx_folder, [*small_overrides, *overrides])
    assert rate > 0
    weights = load_file(spec.folder / "weights.safetensors")
    assert set(weights) == set(net.state_dict())
    assert all(torch.equal(weights[name], value) for name, value in net.state_dict().items())


@pytest.mark.parametrize("module", [epoch, start, memory])
def test_goals_speak_of_sides_that_are_measured(module: ModuleType, tmp_path: Path) -> None:
    comparison = module.build(Place(data=tmp_path, work=tmp_path, say=print))
    for goal in comparison.goals:
        assert {goal.subject, goal.peer or goal.subject} <= set(comparison.sides)
