"""A training epoch, against Lightning over torchvision's per-image dataset."""

from collections.abc import Callable
from functools import partial

from torch import nn

from fmnist_bench.data.facts import FILE_SHAPES
from fmnist_bench.nets.cnn import CNN
from fmnist_bench.nets.mlp import MLP
from fmnist_bench.perf import suite_run, template_peer
from fmnist_bench.perf.comparison import Comparison, Goal, Measure, Place

BATCH = 128
IMAGES = FILE_SHAPES["train_images"][0]
PROBE_IMAGES = 40 * BATCH
WORKERS = (0, 2)

NETS: dict[str, Callable[[], nn.Module]] = {
    "mlp": partial(MLP, hidden=[300, 100], dropout=0.0, num_classes=10),
    "cnn": partial(CNN, hidden=128, dropout=0.5, num_classes=10),
}
BOUNDS = {"mlp": 8.0, "cnn": 3.0}


def build(place: Place) -> Comparison:
    """Return the comparison, after finding each net's fastest worker count for the peer."""
    sides: dict[str, Measure] = {}
    for name, net in NETS.items():
        workers = _fastest_workers(place, net)
        place.say(f"template, {name}: {workers} workers are fastest")
        sides[f"fmnist_bench {name}"] = partial(
            suite_run.images_per_second,
            place,
            f"model={name}",
            "optimizer=adam",
            "augment=none",
            "protocol=final",
            "epochs=1",
            f"batch_size={BATCH}",
        )
        sides[f"template {name}"] = partial(_peer, place, net, workers, IMAGES)
    return Comparison(
        title="Training epoch against the common template",
        method=(
            f"One epoch over all {IMAGES:,} training images of Fashion-MNIST in batches of "
            f"{BATCH}, no augmentation, Adam, start-up and validation apart. The template is a "
            "LightningModule with default Trainer over torchvision's dataset and a DataLoader "
            f"with {' or '.join(map(str, WORKERS))} workers, whichever is faster; "
            "`fmnist-bench train` runs with its defaults."
        ),
        unit="images/s",
        sides=sides,
        goals=[
            Goal(
                subject=f"fmnist_bench {name}",
                peer=f"template {name}",
                sense="at least",
                bound=bound,
            )
            for name, bound in BOUNDS.items()
        ],
    )


def _fastest_workers(place: Place, net: Callable[[], nn.Module]) -> int:
    return max(WORKERS, key=lambda workers: _peer(place, net, workers, PROBE_IMAGES))


def _peer(place: Place, net: Callable[[], nn.Module], workers: int, images: int) -> float:
    return template_peer.images_per_second(
        place, net(), batch_size=BATCH, workers=workers, images=images
    )
