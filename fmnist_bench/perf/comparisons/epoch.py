"""A training epoch of this suite, against a loop written by hand."""

from functools import partial

from fmnist_bench.config.profile import trainer_for_this_machine
from fmnist_bench.perf import bare_loop, suite_run
from fmnist_bench.perf.comparison import Comparison, Goal, Measure, Place

# Largest time of ours over the loop's, and how many batches make an epoch here; None is all.
NETS: dict[str, tuple[float, int | None]] = {
    "mlp": (1.25, None),
    "cnn": (1.05, None),
    "vgg": (1.05, 60),
    "resnet18": (1.05, 30),
    "mobilenetv2": (1.05, 30),
}


def build(place: Place) -> Comparison:
    """Return the comparison; nothing needs to be set up."""
    sides: dict[str, Measure] = {}
    for name, (_, batches) in NETS.items():
        overrides = [
            f"model={name}",
            f"trainer={trainer_for_this_machine()}",
            "protocol=final",
            "epochs=1",
            "batch_size=128",
            f"trainer.limit_batches={'null' if batches is None else batches}",
        ]
        sides[f"fmnist-bench train {name}"] = partial(
            suite_run.images_per_second, place, *overrides
        )
        sides[f"bare loop {name}"] = partial(bare_loop.images_per_second, place, *overrides)
    return Comparison(
        title="Training epoch against a bare PyTorch loop",
        method=(
            "One epoch with this machine's defaults, batch 128, from the first step to the last. "
            "The loop takes the same batches, net, precision, optimizer and schedule, and does "
            "nothing else: no progress, metrics, checkpoints or checks for divergence. Memory, "
            "waiting threads and the search for a GPU are left to their defaults there, not in a "
            "run. VGG trains on 60 batches, ResNet18 and MobileNetV2 on 30."
        ),
        unit="images/s",
        sides=sides,
        goals=[
            Goal(
                subject=f"bare loop {name}",
                peer=f"fmnist-bench train {name}",
                sense="at most",
                bound=bound,
            )
            for name, (bound, _) in NETS.items()
        ],
    )
