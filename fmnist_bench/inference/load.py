"""From a run's folder to its model with the trained weights."""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from fmnist_bench.config.build import build
from fmnist_bench.errors import BenchError
from fmnist_bench.inference.graph import Graph
from fmnist_bench.inference.trained import TrainedRun
from fmnist_bench.nets.weights import first_line, mismatch
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.find import ROOTS, find_run
from fmnist_bench.records.names import fit_for_a_folder
from fmnist_bench.records.record import FILE_NAME as RECORD_FILE
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.trust import refuse_foreign_code
from fmnist_bench.training.weights import FILE_NAME as WEIGHTS_FILE

_PLAIN = "fmnist_bench.training.classifier.Classifier"
"""The LightningModule whose scores are those of its net."""


def load_run(
    run: str | Path,
    *,
    roots: Sequence[Path] = ROOTS,
    trust: Collection[str] = (),
    device: str | torch.device = "cpu",
) -> TrainedRun:
    """Load the finished run that `run` names: its folder, its name, or a beginning of it.

    Nothing is unpickled, and the recipe in the record can call nothing but this suite, what
    recipes take from its libraries, and what `trust` names (`mypackage.nets.Tiny`), which is
    imported from where Python finds it.

    Raises:
        BenchError: there is no such run, it has no weights here, or its recipe or weights
            are not what they should be.
    """
    folder = find_run(str(run), roots)
    record = read_record(folder)
    if record.status != "done":
        raise BenchError(f"{folder}: the run failed ({record.reason}); choose a finished one")
    weights = _weights(folder, record)
    graph, net = rebuild(record, weights, folder, trust)
    place = torch.device(device)
    return TrainedRun(folder, record, graph.to(place).eval(), net, trust, place)


def rebuild(
    record: Record, weights: bytes, folder: Path, trust: Collection[str]
) -> tuple[Graph, nn.Module]:
    """Return the graph that `record` describes and the net in it, filled with `weights`.

    `weights` are the content of a safetensors file; messages name the files in `folder`.

    Raises:
        BenchError: the recipe calls foreign code or does not describe a model, or the weights
            do not fit.
    """
    scores, net = build_model(record, folder / RECORD_FILE, trust)
    _fill(net, weights, folder / WEIGHTS_FILE)
    flip = bool((record.recipe or {})["test_time_flip"])
    return Graph(scores, record.data.pixel_scaling, flip=flip), net


def build_model(
    record: Record, origin: Path, trust: Collection[str] = ()
) -> tuple[nn.Module, nn.Module]:
    """Return what gives the scores by `record`, and the net in it, both with random weights.

    Raises:
        BenchError: as `rebuild`; `origin` is the file that it names.
    """
    recipe = record.recipe or {}
    model = recipe.get("model")
    if not isinstance(model, dict) or "test_time_flip" not in recipe:
        raise BenchError(f"{origin}: no recipe with model and test_time_flip; train the run")
    net = model.get("net")
    if isinstance(net, dict) and "weights_sha256" in net:
        # Every weight comes from the run; those it started from are not looked for.
        net = {**net, "pretrained": False, "weights": None, "weights_sha256": None}
        model = {**model, "net": net}
    key, node = ("model.net", net) if model.get("_target_") == _PLAIN else ("model", model)
    where = f"{origin}: recipe.{key}"
    if not isinstance(node, dict):
        raise BenchError(f"{where}: not there; only what stands there is rebuilt")
    refuse_foreign_code(node, where, "give --trust {} to have it run", trust)
    try:
        with torch.random.fork_rng(devices=[]):  # the caller's random numbers stay as they were
            found = build(node, key)
    except BenchError as error:
        raise BenchError(f"{origin}: recipe.{error}") from None
    net = found if node is net else getattr(found, "net", None)
    if not isinstance(found, nn.Module) or not isinstance(net, nn.Module):
        raise BenchError(f"{where}: gives a {type(found).__name__}, expected an nn.Module")
    return found, net


def _fill(net: nn.Module, weights: bytes, origin: Path) -> None:
    try:
        state = load(weights)
    except (SafetensorError, ValueError, KeyError) as error:
        raise BenchError(
            f"{origin}: not a safetensors file ({first_line(error)}); train the run again"
        ) from None
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        differences = mismatch(state, net.state_dict()) or first_line(error)
        raise BenchError(
            f"{origin}: does not fit the net of its record: {differences}; train the run again"
        ) from None


def _weights(folder: Path, record: Record) -> bytes:
    path = folder / WEIGHTS_FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        if record.weights_digest is None:
            raise BenchError(f"{folder}: its model keeps no weights; take a run of a net") from None
        raise BenchError(
            f"{folder}: no {WEIGHTS_FILE}; published runs have none, train it: {_again(record)}"
        ) from None
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error.strerror})") from None
    if record.weights_digest not in (None, hashlib.sha256(content).hexdigest()):
        raise BenchError(f"{path}: not the weights that were scored; train the run again")
    return content


def _again(record: Record) -> str:
    row = record.row.name
    if fit_for_a_folder(row) and (conf_dir() / "experiment" / f"{row}.yaml").is_file():
        return f"fmnist-bench train experiment={row} data={record.dataset} seed={record.seed}"
    return f"fmnist-bench train with the recipe in its {RECORD_FILE}"
