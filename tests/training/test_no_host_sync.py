"""No training step waits for the device.

On a GPU, reading a tensor's value on the host, or a shape that depends on values, stops the
queue of work. PyTorch does both through a few operators and methods; they are counted here on
the CPU. Moves between devices cannot be seen so.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from fmnist_bench.records.spec import Spec
from fmnist_bench.training.run import run

WAITING = {
    "_local_scalar_dense",  # item, float, bool, tolist of one value
    "is_nonzero",
    "nonzero",  # and indexing with a mask
    "masked_select",
    "unique",
    "_unique2",
    "equal",
}
# Methods that on the CPU read memory without an operator.
READING = {"tolist", "numpy", "cpu", "__array__"}
# 300 images in batches of 4 are 75 steps. The divergence guard reads one loss in 50, and
# the last.
GUARDED = {0, 50, 74}

pytestmark = pytest.mark.filterwarnings("ignore")


class Waits(TorchDispatchMode):
    """Counts the operators that wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        name = func.overloadpacket.__name__
        # Indexing with a mask reads how many values are set.
        masks = name == "index" and any(
            index is not None and index.dtype in (torch.bool, torch.uint8) for index in args[1]
        )
        if name in WAITING or masks:
            self.seen[name] += 1
        return func(*args, **(kwargs or {}))


class Reads(TorchFunctionMode):
    """Adds the methods that read values to what `waits` counts."""

    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self._waits = waits

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        if name in READING:
            self._waits.seen[name] += 1
        return func(*args, **(kwargs or {}))


class WaitsPerStep(Callback):
    """Notes what each step waited for, from the end of the step before it to its own end."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self.steps: list[dict[str, int]] = []

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._waits.seen.clear()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        self.steps.append(dict(self._waits.seen))
        self._waits.seen.clear()


def waits_of(spec: Spec) -> list[dict[str, int]]:
    """Return what each training step of the run waited for; callbacks come in the run's order."""
    waits = Waits()
    noted = WaitsPerStep(waits)
    with waits, Reads(waits):
        run(spec, [noted])
    return noted.steps


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("optimizer=sgd", "schedule=onecycle", "grad_clip=1.0", "label_smoothing=0.1"),
        ("augment=crop_flip_cutout", "mixing=cutmix", "schedule=plateau"),
        ("augment=crop_flip_erase", "mixing=mixup"),
        ("augment=rotate_zoom_shift", "model=wrn", "model.net.depth=10", "model.net.width=1"),
        ("precision=bf16-mixed", "model=cnn"),
    ],
    ids=lambda overrides: " ".join(overrides) or "plain",
)
def test_no_step_waits_but_the_guards(
    make_spec: Callable[..., Spec], overrides: tuple[str, ...]
) -> None:
    steps = waits_of(make_spec("epochs=1", "batch_size=4", *overrides))
    assert len(steps) == 75
    waited = {number for number, seen in enumerate(steps) if seen}
    assert waited == GUARDED


@pytest.mark.parametrize(
    "wait",
    [
        lambda x: x.sum().item(),
        lambda x: bool((x > 0).any()),
        lambda x: x[x > 0],
        lambda x: torch.nonzero(x),
        lambda x: float(x.max()),
        lambda x: x.tolist(),
        lambda x: x.cpu(),
        lambda x: x.numpy(),
        lambda x: torch.nn.functional.one_hot(x.long().abs()),
    ],
)
def test_a_wait_is_noticed(wait: Callable[[torch.Tensor], Any]) -> None:
    tensor = torch.randn(5)
    with Waits() as waits, Reads(waits):
        tensor * 2
        assert not waits.seen
        wait(tensor)
    assert waits.seen


def test_averaged_weights_wait_where_they_are_updated_and_nowhere_else(
    make_spec: Callable[..., Spec],
) -> None:
    # torch's AveragedModel keeps its count of updates on the device and asks whether it is 0.
    steps = waits_of(
        make_spec(
            "epochs=1", "batch_size=4", "callbacks=[ema]", "callbacks.ema.update_every_n_steps=5"
        )
    )
    waited = {number for number, seen in enumerate(steps) if seen}
    assert waited - GUARDED <= {number for number in range(75) if number % 5 == 0}
