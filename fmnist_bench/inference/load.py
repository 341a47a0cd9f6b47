"""From a run's folder to its net with the trained weights."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import torch
from hydra.errors import HydraException
from hydra.utils import instantiate
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.data.scaling import Scaling
from fmnist_bench.errors import BenchError
from fmnist_bench.inference.graph import Graph
from fmnist_bench.inference.trained import TrainedRun
from fmnist_bench.inference.trust import check_net_config
from fmnist_bench.nets.weights import first_line, mismatch
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.find import ROOTS, find_run
from fmnist_bench.records.names import fit_for_a_folder
from fmnist_bench.records.record import FILE_NAME as RECORD_FILE
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.training.weights import FILE_NAME as WEIGHTS_FILE


def load_run(
    run: str | Path,
    *,
    roots: Sequence[Path] = ROOTS,
    trust: Collection[str] = (),
    device: str | torch.device = "cpu",
) -> TrainedRun:
    """Load the finished run that `run` names: its folder, its name, or a beginning of it.

    Nothing is unpickled, and the record's config can call nothing but this suite's nets,
    torch.nn's modules and what `trust` names (`mypackage.nets.Tiny`).

    Raises:
        BenchError: there is no such run, it has no weights here, or its config or weights
            are not what they should be.
    """
    folder = find_run(str(run), roots)
    record = read_record(folder)
    if record.status != "done":
        raise BenchError(f"{folder}: the run failed ({record.reason}); choose a finished one")
    state = read_state(_weights_of(folder, record))
    net = build_net(record, str(folder / RECORD_FILE), trust)
    fill(net, state, str(folder / WEIGHTS_FILE))
    graph = build_graph(record, net, str(folder / RECORD_FILE))
    return TrainedRun(folder, record, graph, trust=trust, device=torch.device(device))


def build_graph(record: Record, net: nn.Module, origin: str) -> Graph:
    """Return `net` with what `record` scales before it and averages after it.

    Raises:
        BenchError: its config does not say.
    """
    try:
        scaling = Scaling(record.config["data"]["scaling"], dataset_facts(record.dataset))
        return Graph(net, scaling, flip=bool(record.config["test_time_flip"]))
    except (KeyError, TypeError):
        raise BenchError(
            f"{origin}: expected config.data.scaling and config.test_time_flip; train the run again"
        ) from None


def build_net(record: Record, origin: str, trust: Collection[str]) -> nn.Module:
    """Return the net that `record` describes, with random weights; `origin` is its file.

    Raises:
        BenchError: its config calls foreign code, or does not describe a net.
    """
    model = record.config.get("model")
    config = model.get("net") if isinstance(model, dict) else None
    if not isinstance(config, dict):
        raise BenchError(f"{origin}: no config.model.net; only a net that stands there is rebuilt")
    check_net_config(config, f"{origin}: config.model.net", trust)
    if "weights_sha256" in config:
        # Every weight comes from the run; those it started from are not looked for.
        config = {**config, "pretrained": False, "weights": None, "weights_sha256": None}
    net = _instantiate(config, origin)
    if not isinstance(net, nn.Module):
        raise BenchError(
            f"{origin}: config.model.net gives a {type(net).__name__}, expected an nn.Module"
        )
    return net


def read_state(content: bytes | Path) -> dict[str, Tensor]:
    """Read a safetensors file, or its content, to the CPU.

    Raises:
        BenchError: it cannot be read or is no such file.
    """
    name = str(content) if isinstance(content, Path) else "weights"
    try:
        return load(content.read_bytes() if isinstance(content, Path) else content)
    except OSError as error:
        raise BenchError(f"{name}: cannot be read ({error.strerror})") from None
    except (SafetensorError, ValueError, KeyError) as error:
        raise BenchError(
            f"{name}: not a safetensors file ({first_line(error)}); train the run again"
        ) from None


def fill(net: nn.Module, state: dict[str, Tensor], origin: str) -> None:
    """Put `state` into `net`, every tensor of it.

    Raises:
        BenchError: names or shapes differ.
    """
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        differences = mismatch(state, net.state_dict()) or first_line(error)
        raise BenchError(
            f"{origin}: does not fit the net of its record: {differences}; train the run again"
        ) from None


def _weights_of(folder: Path, record: Record) -> Path:
    path = folder / WEIGHTS_FILE
    if path.is_file():
        return path
    row = record.row.name
    known = fit_for_a_folder(row) and (conf_dir() / "experiment" / f"{row}.yaml").is_file()
    again = (
        f"fmnist-bench train experiment={row} data={record.dataset} seed={record.seed}"
        if known
        else f"fmnist-bench train with the config in its {RECORD_FILE}"
    )
    raise BenchError(f"{folder}: no {WEIGHTS_FILE}; published runs have none, train it: {again}")


def _instantiate(config: dict[str, Any], origin: str) -> Any:
    try:
        with torch.random.fork_rng(devices=[]):  # the caller's random numbers stay as they were
            return instantiate(config, _convert_="all")
    except HydraException as error:
        cause = error.__cause__
        told = str(cause) if isinstance(cause, BenchError) else " ".join(str(error).split())
        raise BenchError(f"{origin}: config.model.net: {told}") from None
