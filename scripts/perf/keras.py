"""Training throughput against Keras on TensorFlow: same nets, same batch."""

import json
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from fmnist_bench.errors import BenchError
from perf import processes
from perf.comparison import Comparison, Goal, Place

REQUIREMENTS = ("keras>=3.15,<4", "tensorflow>=2.21,<3")
PEER = Path(__file__).with_name("keras_peer.py")
BATCH = 128
WARM_UP_BATCHES = 5


class Net(NamedTuple):
    """`batches` are what one measurement trains on, `bound` is the goal."""

    batches: int
    parameters: int
    bound: float


NETS = {
    "mlp": Net(batches=468, parameters=266_610, bound=2.5),
    "cnn": Net(batches=100, parameters=545_226, bound=2.5),
    "vgg": Net(batches=20, parameters=7_001_194, bound=2.5),
    "mobilenetv2": Net(batches=20, parameters=2_236_682, bound=1.7),
}


def keras(place: Place) -> Comparison:
    """Return the comparison; installs Keras and TensorFlow in an environment of their own.

    Raises:
        BenchError: they cannot be installed, or Keras builds a net of another size.
    """
    python = processes.environment(place.work / "keras", REQUIREMENTS)
    answers = {name: ask(python, place, name, batches=1) for name in NETS}
    for name, answer in answers.items():
        if (count := answer["parameters"]) != NETS[name].parameters:
            raise BenchError(
                f"{PEER.name}: {name} has {count} parameters in Keras, expected "
                f"{NETS[name].parameters}; mend the net there"
            )
    return Comparison(
        title="Training against Keras",
        method=(
            f"Training steps on Fashion-MNIST in batches of {BATCH} from memory, no augmentation, "
            "SGD with Nesterov momentum, each net of the same size on both sides; start-up, "
            f"compiling, {WARM_UP_BATCHES} batches to warm up and validation apart. "
            "`fmnist-bench train` and `model.fit` run with their defaults, in a process of "
            "their own for each measurement. Keras is timed from its first batch to its last, "
            "because `fit` can idle for seconds after that."
        ),
        unit="images/s",
        sides={
            f"{side} {name}": partial(measure, place, name, net.batches)
            for name, net in NETS.items()
            for side, measure in (("fmnist_bench", _suite), ("Keras", partial(_keras, python)))
        },
        goals=[
            Goal(f"fmnist_bench {name}", f"Keras {name}", "at least", net.bound)
            for name, net in NETS.items()
        ],
        versions=answers["mlp"]["versions"],
    )


def _suite(place: Place, name: str, batches: int) -> float:
    same = (
        "optimizer=sgd optimizer.lr=0.01 optimizer.weight_decay=0 schedule=constant augment=none "
        f"protocol=final epochs=1 batch_size={BATCH} warm_up_steps={WARM_UP_BATCHES}"
    )
    limit = processes.batches_an_epoch(batches)
    return processes.images_per_second(place, f"model={name}", *same.split(), limit)


def _keras(python: Path, place: Place, name: str, batches: int) -> float:
    rate: float = ask(python, place, name, batches)["images_per_second"]
    return rate


def ask(python: Path, place: Place, name: str, batches: int) -> dict[str, Any]:
    """Return what `keras_peer.py` answers.

    Raises:
        BenchError: it failed.
    """
    # -P: the folder of the file, where this module is called keras, is no place to import from.
    numbers = map(str, (BATCH, WARM_UP_BATCHES, batches))
    command = (str(python), "-P", str(PEER), name, str(place.data), *numbers)
    printed = processes.output_of(f"{PEER.name}: {name}", *command)
    answer: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return answer
