"""Training throughput on one GPU, against figures that it is held to."""

from functools import partial

import torch

from fmnist_bench.data.facts import FILE_SHAPES
from fmnist_bench.errors import BenchError
from fmnist_bench.perf import suite_run
from fmnist_bench.perf.comparison import Comparison, Goal, Measure, Place

# Images per second to reach on an H100, batch size, and epochs after the first.
NETS: dict[str, tuple[float, int, int]] = {
    "cnn": (400_000, 1024, 20),
    "vgg": (60_000, 1024, 5),
    "resnet18": (40_000, 512, 3),
    "mobilenetv2": (40_000, 512, 3),
}


def build(place: Place) -> Comparison:
    """Return the comparison; nothing needs to be set up.

    Raises:
        BenchError: torch sees no GPU.
    """
    if not torch.cuda.is_available():
        raise BenchError("gpu: torch sees no GPU here; run it on a machine that has one")
    sides: dict[str, Measure] = {_side(name): partial(_rate, place, name) for name in NETS}
    goals = [
        Goal(subject=_side(name), peer=None, sense="at least", bound=bound)
        for name, (bound, _, _) in NETS.items()
    ]
    return Comparison(
        title="Training throughput on one GPU",
        method=(
            "Images that go through whole training epochs with crops and flips, from a run with "
            "the model's GPU defaults (trainer=gpu); everything that an epoch takes is counted. "
            "The first epoch, in which torch compiles, is left out. CNN and VGG train at batch "
            "1024, ResNet18 and MobileNetV2 at 512."
        ),
        unit="images/s",
        sides=sides,
        goals=goals,
        device=torch.cuda.get_device_name(),
    )


def _side(name: str) -> str:
    return f"fmnist-bench train {name}"


def _rate(place: Place, name: str) -> float:
    _, batch, epochs = NETS[name]
    record = suite_run.train(
        place,
        f"model={name}",
        "trainer=gpu",
        "protocol=final",
        "augment=crop_flip",
        "logger=none",
        f"batch_size={batch}",
        f"epochs={epochs + 1}",
    )
    seconds = [epoch.seconds for epoch in record.history[1:]]
    images = FILE_SHAPES["train_images"][0] // batch * batch
    return images * len(seconds) / sum(seconds)
