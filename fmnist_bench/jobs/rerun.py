"""Trains a recorded run again, from nothing but its record."""

import hashlib
from pathlib import Path
from typing import Any

from fmnist_bench.config.compose import compose
from fmnist_bench.config.kinds import MACHINE, MACHINE_FLAGS, RECIPE, REPORT, REPORT_FLAGS
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import run_job
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.records.environment import hardware
from fmnist_bench.records.record import FILE_NAME as RECORD_FILE
from fmnist_bench.records.record import Record
from fmnist_bench.records.trust import refuse_foreign_code


def rerun(
    record: Record, folder: Path, *, weights: Path | None = None, data: Path | None = None
) -> Path:
    """Train the run of `record` again below `folder`; return the new run's own folder.

    It runs as a plain run does on this machine; where that is the one that the record names, with
    its threads, memory format and compilation, which decide the last bits. `weights` is the
    file of weights that it starts from, `data` the folder of data that is not published.

    Raises:
        BenchError: the recipe names code outside this suite and what recipes take from its
            libraries, weights or data are not those of the record, or the run fails.
    """
    if record.recipe is None:
        raise BenchError(f"{record.row.name}: a record without a recipe cannot be trained again")
    refuse_foreign_code(record.recipe, "recipe", "train it yourself")
    if record.parent is not None:
        raise BenchError(
            f"{record.row.name}: goes on from another run ({record.parent[:12]}), and starts with "
            "its weights; train that one, then this with fmnist-bench train from=RUN"
        )
    spec = prepare(_config(record, record.recipe, folder, weights, data), print)
    if spec.data_digest != record.data.digest:
        raise BenchError(
            f"data.name={record.dataset}: the record was made on other data "
            f"(digest {str(record.data.digest)[:12]})"
        )
    if spec.identity != record.identity:
        raise BenchError(f"{record.identity[:12]}: not the run that its recipe gives here")
    if (spec.folder / RECORD_FILE).exists():
        raise BenchError(f"{spec.folder}: has been trained already; name another folder")
    outcome = run_job(spec)
    if outcome.state != "trained":
        raise BenchError(f"{spec.name}: {outcome.state}: {outcome.detail}")
    return spec.folder


def _config(
    record: Record, recipe: dict[str, Any], folder: Path, weights: Path | None, data: Path | None
) -> dict[str, Any]:
    """Put the nodes of `recipe` in their place in the config of a plain run."""
    plain = compose(["logger=none"])
    for key in RECIPE:
        if isinstance(plain[key], dict) and not isinstance(recipe.get(key), dict):
            raise BenchError(f"recipe.{key}: not there; the record is not whole")
    config = {key: plain[key] for key in (*MACHINE, *REPORT)}
    config |= {key: recipe.get(key) for key in RECIPE}
    config |= {"row": record.row.model_dump(), "paths": {"outputs": str(folder.absolute())}}
    here = {k: v for k, v in plain["trainer"].items() if k in (*MACHINE_FLAGS, *REPORT_FLAGS)}
    config["trainer"] = {**here, **recipe["trainer"]}
    config["data"] = {**recipe["data"], "folder": None if data is None else str(data)}
    net, then = recipe["model"].get("net"), record.machine and record.machine.model_dump()
    if weights is not None or (isinstance(net, dict) and "weights_sha256" in net):
        _check_weights(net, weights)
        net = {**net, "weights": None if weights is None else str(weights.absolute())}
        config["model"] = {**recipe["model"], "net": net}
    now = {**hardware(), "accelerator": here["accelerator"]}
    if then and all(then[name] == value for name, value in now.items()):
        config["speed"] = {name: then[name] for name in config["speed"]}
    return config


def _check_weights(net: Any, weights: Path | None) -> None:
    """See that `weights` is the file from which `net` starts.

    Raises:
        BenchError: it is not, or none is wanted.
    """
    wanted = net.get("weights_sha256") if isinstance(net, dict) else None
    if weights is None and wanted is not None:
        raise BenchError(
            f"recipe.model.net.weights_sha256: the run starts from the file of weights with "
            f"SHA-256 {wanted}; name it with weights=FILE"
        )
    if weights is None:
        return
    if wanted is None:
        raise BenchError(f"{weights}: the run starts from no file of weights; leave it out")
    try:
        found = hashlib.sha256(weights.read_bytes()).hexdigest()
    except OSError as error:
        raise BenchError(f"{weights}: cannot be read ({error.strerror})") from None
    if found != wanted.lower():
        raise BenchError(f"{weights}: SHA-256 is {found}, expected {wanted}; get the right file")
