"""Trains a recorded run again, from nothing but its record."""

from pathlib import Path
from typing import Any

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import run_job
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.records.record import FILE_NAME as RECORD_FILE
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.records.trust import leaves, module_object, own_object

_PACKAGES = ("fmnist_bench.nets", "fmnist_bench.training", "fmnist_bench.data.augment")


def rerun(record: Record, folder: Path) -> Record:
    """Train the run of `record` again below `folder` and return the new record.

    Raises:
        BenchError: the config names code outside this suite and torch.optim, needs a
            weights file, describes other data, or the run fails.
    """
    _refuse_foreign_code(record.config)
    spec = prepare(_completed(record, folder), print)
    if spec.data_digest != record.data_digest:
        raise BenchError(
            f"data.name={record.dataset}: the record was made on other data "
            f"(digest {record.data_digest[:12]})"
        )
    if spec.identity != record.identity:
        raise BenchError(f"{record.identity[:12]}: the record's config is not complete")
    return _train(spec)


def _train(spec: Spec) -> Record:
    # An earlier rerun of the same record does not count as this one.
    (spec.folder / RECORD_FILE).unlink(missing_ok=True)
    outcome = run_job(spec)
    if outcome.state != "trained":
        raise BenchError(f"{spec.name}: {outcome.state}: {outcome.detail}")
    return read_record(spec.folder)


def _completed(record: Record, folder: Path) -> dict[str, Any]:
    """Add the keys that a record leaves out because they do not identify its run."""
    config = record.config
    completed = {
        **config,
        "paths": {"outputs": str(folder.absolute())},
        "logger": {},
        "row": record.row.model_dump(),
        "speed": {},
        "data": {**config["data"], "folder": None},
        "trainer": {
            **config["trainer"],
            "progress_bar": True,
            "device_index": None,
            "time_limit_seconds": None,
        },
    }
    if "weights_sha256" in config["model"]["net"]:
        if config["model"]["net"]["weights_sha256"] is not None:
            raise BenchError(
                f"{record.row.name}: starts from a weights file that its record only names by "
                f"SHA-256 {config['model']['net']['weights_sha256']}; train it with "
                "fmnist-bench train and model.net.weights=FILE instead"
            )
        net = {**config["model"]["net"], "weights": None}
        completed["model"] = {**config["model"], "net": net}
    return completed


def _refuse_foreign_code(config: dict[str, Any]) -> None:
    for where, name, value in leaves(config, "config"):
        if name == "_target_":
            if not (isinstance(value, str) and _is_known(value)):
                raise BenchError(
                    f"{where}: a record's config may not call {value}; review the code and "
                    "train it yourself"
                )
        elif isinstance(value, str) and "${" in value:
            raise BenchError(f"{where}.{name}: {value!r}, expected a value, not an interpolation")


def _is_known(target: str) -> bool:
    module, _, name = target.rpartition(".")
    if module != "torch.optim":
        return own_object(target, _PACKAGES) is not None
    from torch.optim import Optimizer  # takes seconds

    found = module_object(module, name)
    return isinstance(found, type) and issubclass(found, Optimizer)
