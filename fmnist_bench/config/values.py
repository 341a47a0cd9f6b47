"""What can be known to be wrong with a config from its plain values alone."""

from collections.abc import Iterator, Mapping
from typing import Any

from fmnist_bench.errors import BenchError


def check_values(config: Mapping[str, Any]) -> None:
    """Refuse values of the frozen `config` that no run can have, or that contradict each other.

    Raises:
        BenchError: there is one.
    """
    trainer, protocol = config["trainer"], config["protocol"]
    least = {"seed": (config["seed"], 0), "epochs": (trainer.get("max_epochs"), 1)}
    for name in ("limit_train_batches", "limit_val_batches", "limit_test_batches"):
        least[f"trainer.{name}"] = (trainer.get(name), 0)
    least["warm_up_steps"] = (config["warm_up_steps"], 1)
    for key, (value, low) in least.items():
        if isinstance(value, int) and value < low:
            raise BenchError(f"{key}: {value}, expected at least {low}")
    if trainer.get("limit_train_batches") == 0:
        raise BenchError("trainer.limit_train_batches: 0 batches teach nothing; set at least 1")
    limit = config["time_limit_seconds"]
    if limit is not None and limit <= 0:
        raise BenchError(f"time_limit_seconds: {limit:g}, expected null or more than 0")
    if protocol["weights"] not in ("best", "last"):
        raise BenchError(
            f"protocol.weights: {protocol['weights']!r} is unknown; choose best or last"
        )
    if protocol["test"] not in (None, "never"):
        raise BenchError(f"protocol.test: {protocol['test']!r} is unknown; choose null or never")
    for key, monitor in _monitored(config):
        if not str(monitor).startswith(("val/", "train/")):
            raise BenchError(f"{key}.monitor: {monitor!r}; choose val/loss or val/accuracy")
    if protocol["split"] == "none":
        for asks in _validating(config):
            raise BenchError(
                f"{asks} needs validation images, and protocol={protocol['name']} has none; "
                "use protocol=select or drop it"
            )
    batch, devices = config["data"].get("batch_size"), processes(config)
    ranks = devices * trainer.get("num_nodes", 1)
    if isinstance(batch, int) and batch % ranks:
        raise BenchError(f"batch_size: {batch} does not divide by {ranks} devices")


def _validating(config: Mapping[str, Any]) -> Iterator[str]:
    if config["protocol"]["weights"] == "best":
        yield "protocol.weights=best"
    yield from (key for key, _ in _monitored(config))


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
