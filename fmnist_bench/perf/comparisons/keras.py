"""Training throughput against Keras on TensorFlow: same nets, same batch."""

import json
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fmnist_bench.errors import BenchError
from fmnist_bench.perf import suite_run
from fmnist_bench.perf.comparison import Comparison, Goal, Measure, Place
from fmnist_bench.perf.environments import environment

REQUIREMENTS = ("keras>=3.15,<4", "tensorflow>=2.21,<3")
PEER = Path(__file__).resolve().parents[1] / "keras_peer.py"
BATCH = 128
WARM_UP_BATCHES = 5


@dataclass(frozen=True)
class Net:
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


def build(place: Place) -> Comparison:
    """Return the comparison; installs Keras and TensorFlow in an environment of their own.

    Raises:
        BenchError: they cannot be installed, or Keras builds a net of another size.
    """
    python = environment(place.work / "keras", REQUIREMENTS, place.say)
    sides: dict[str, Measure] = {}
    versions: dict[str, str] = {}
    for name, net in NETS.items():
        answer = _ask(python, place, name, batches=1)
        if answer["parameters"] != net.parameters:
            raise BenchError(
                f"{PEER.name}: {name} has {answer['parameters']} parameters in Keras, expected "
                f"{net.parameters}; mend the net there"
            )
        versions = answer["versions"]
        sides[f"fmnist_bench {name}"] = partial(_suite, place, name, net.batches)
        sides[f"Keras {name}"] = partial(_keras, python, place, name, net.batches)
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
        sides=sides,
        goals=[
            Goal(
                subject=f"fmnist_bench {name}",
                peer=f"Keras {name}",
                sense="at least",
                bound=net.bound,
            )
            for name, net in NETS.items()
        ],
        versions=versions,
    )


def _suite(place: Place, name: str, batches: int) -> float:
    return suite_run.images_per_second(
        place,
        f"model={name}",
        "optimizer=sgd",
        "optimizer.lr=0.01",
        "optimizer.weight_decay=0",
        "schedule=constant",
        "augment=none",
        "protocol=final",
        "epochs=1",
        f"batch_size={BATCH}",
        f"trainer.limit_batches={batches}",
        f"warm_up_steps={WARM_UP_BATCHES}",
    )


def _keras(python: Path, place: Place, name: str, batches: int) -> float:
    rate: float = _ask(python, place, name, batches)["images_per_second"]
    return rate


def _ask(python: Path, place: Place, name: str, batches: int) -> dict[str, Any]:
    # -P: the folder of the file, which is this package, is no place to import from.
    command = [
        str(part)
        for part in (python, "-P", PEER, name, place.data, BATCH, WARM_UP_BATCHES, batches)
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or ["no message"]
        raise BenchError(f"{PEER.name}: {name} failed ({lines[-1]})")
    answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return answer
