from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from perf.bare_loop import NETS, overrides, train_epoch
from safetensors.torch import load_file

from fmnist_bench.config.compose import compose
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.run import run


@pytest.mark.filterwarnings("ignore")
def test_the_bare_loop_ends_with_the_weights_of_a_run(
    make_spec: Callable[..., Spec], small_overrides: list[str], idx_folder: Path
) -> None:
    """Lightning, the callbacks and the record change nothing in what is trained."""
    changed = ["protocol=final", "protocol.validation=0", "epochs=1", "augment=crop_flip"]
    spec = make_spec(*changed)
    assert run(spec) is not None
    net, rate = train_epoch(idx_folder, [*small_overrides, *changed])
    assert rate > 0
    weights = load_file(spec.folder / "weights.safetensors")
    assert set(weights) == set(net.state_dict())
    assert all(torch.equal(weights[name], value) for name, value in net.state_dict().items())


@pytest.mark.parametrize("name", NETS)
def test_both_sides_are_given_a_config_that_composes(name: str) -> None:
    assert compose(overrides(name))["data"]["batch_size"] == 128
