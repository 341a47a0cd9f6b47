"""What can be known to be wrong with a config from its plain values alone."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from fmnist_bench.data.arguments import Count, Share, Whole, check
from fmnist_bench.errors import BenchError

_BATCHES = Whole | Share | None
_KINDS: dict[str, tuple[str, Any]] = {
    "seed": ("seed", Whole),
    "epochs": ("trainer.max_epochs", Count | None),
    "trainer.limit_train_batches": (
        "trainer.limit_train_batches",
        Count | Annotated[float, Field(gt=0, le=1)] | None,
    ),
    "trainer.limit_val_batches": ("trainer.limit_val_batches", _BATCHES),
    "trainer.limit_test_batches": ("trainer.limit_test_batches", _BATCHES),
    "warm_up_steps": ("warm_up_steps", Count | None),
    "time_limit_seconds": ("time_limit_seconds", Annotated[float, Field(gt=0)] | None),
    "protocol.weights": ("protocol.weights", Literal["best", "last"]),
    "protocol.test": ("protocol.test", Literal["never", None]),
}
"""Key that a person types -> where the frozen config has it, and what it may be."""


def check_values(config: Mapping[str, Any]) -> None:
    """Refuse values of the frozen `config` that no run can have, or that contradict each other.

    Raises:
        BenchError: there is one.
    """
    for typed, (place, kind) in _KINDS.items():
        node, _, name = place.rpartition(".")
        check(typed, (config[node] if node else config).get(name), kind)
    for key, monitor in _monitored(config):
        if not str(monitor).startswith(("val/", "train/")):
            raise BenchError(f"{key}.monitor: {monitor!r}; choose val/loss or val/accuracy")
    protocol, trainer = config["protocol"], config["trainer"]
    if protocol["split"] == "none":
        best = ["protocol.weights=best"] if protocol["weights"] == "best" else []
        for asks in [*best, *(key for key, _ in _monitored(config))]:
            raise BenchError(
                f"{asks} needs validation images, and protocol={protocol['name']} has none; "
                "use protocol=select or drop it"
            )
    _check_estimator(config)
    batch = config["data"].get("batch_size")
    ranks = processes(config) * trainer.get("num_nodes", 1)
    if isinstance(batch, int) and batch % ranks:
        raise BenchError(f"batch_size: {batch} does not divide by {ranks} devices")


def _check_estimator(config: Mapping[str, Any]) -> None:
    """Refuse to fit an estimator more than once, in several processes, or on a GPU."""
    net = config["model"].get("net")
    if not isinstance(net, Mapping) or "estimator" not in net:
        return
    trainer = config["trainer"]
    if trainer.get("max_epochs") != 1:
        raise BenchError(
            f"epochs: {trainer.get('max_epochs')}; an estimator is fitted in one pass, set epochs=1"
        )
    if trainer["accelerator"] != "cpu" or processes(config) * trainer.get("num_nodes", 1) > 1:
        raise BenchError("trainer: an estimator is fitted by one process on a CPU; set trainer=cpu")


def _monitored(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield who decides something by a figure of an epoch, and by which."""
    nodes = {f"callbacks.{name}": node for name, node in config["callbacks"].items()}
    for key, node in (nodes | {"schedule": config["model"].get("schedule")}).items():
        if isinstance(node, Mapping) and "monitor" in node:
            yield key, node["monitor"]


def spans_nodes(config: Mapping[str, Any]) -> bool:
    """Whether several nodes run `config` together."""
    return int(config["trainer"].get("num_nodes", 1)) > 1


def processes(config: Mapping[str, Any]) -> int:
    """Return how many processes of one node run `config`."""
    devices = config["trainer"]["devices"]
    if isinstance(devices, list):
        return len(devices)
    return devices if isinstance(devices, int) and devices > 0 else 1
