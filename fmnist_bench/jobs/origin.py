"""`from=RUN` and `best=FOLDER`: overrides that stand for what other runs were."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fmnist_bench.config.kinds import recipe_of
from fmnist_bench.config.typed import as_override
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.answer import Answer, overrides_of
from fmnist_bench.jobs.listed import list_runs
from fmnist_bench.records.find import ROOTS, find_run
from fmnist_bench.records.identity import without
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import FILE_NAME, read_spec

_LENGTH = ("trainer.max_epochs", "parent")
_FINAL_FILE = "final.ckpt"  # as training/checkpoints.py calls it, which imports torch


def with_origin(overrides: Sequence[str]) -> list[str]:
    """Put the overrides of RUN before the others, in the place of `from=RUN`.

    Raises:
        BenchError: there is no such run, or it is no finished one with its weights.
    """
    named = [each.removeprefix("from=") for each in overrides if each.startswith("from=")]
    if not named:
        return list(overrides)
    if len(named) > 1 or "," in named[0]:
        raise BenchError("from: one run to go on from, as in from=cnn-fashion_mnist-s0")
    own = [each for each in overrides if not each.startswith("from=")]
    outputs = [each.partition("=")[2] for each in own if each.startswith("paths.outputs=")]
    folder = find_run(named[0], [*map(Path, outputs), *ROOTS])
    record = read_record(folder)
    if record.status != "done" or record.weights_digest is None:
        raise BenchError(f"from={named[0]}: {folder} did not finish; choose a run that did")
    if not (folder / "weights.safetensors").exists():
        raise BenchError(f"from={named[0]}: {folder} holds no weights.safetensors; train it again")
    asked = read_spec(folder).asked.overrides if (folder / FILE_NAME).exists() else ()
    parent = {
        "identity": record.identity,
        "recipe": record.recipe_digest,
        "weights": record.weights_digest,
        "takes": "weights",
        "folder": str(folder.absolute()),
    }
    before = [each for each in asked if not _key(each).startswith(("paths.", "parent"))]
    return [*_left(before, own), *own, as_override("parent", parent)]


def settled(config: dict[str, Any]) -> dict[str, Any]:
    """Return `config` with what its run takes over from the one that it goes on from.

    Everything, so that it ends as if it had been that long from the start, where the recipe is
    the same but for a greater number of epochs, and the schedule never ends: then the earlier
    run has kept its last state. Else the weights alone.
    """
    parent = config.get("parent")
    if parent is None:
        return config
    folder = Path(parent["folder"])
    record = read_record(folder)
    longer = (record.epochs or 0) < config["trainer"]["max_epochs"]
    same = record.recipe is not None and without(record.recipe, _LENGTH) == without(
        recipe_of(config), _LENGTH
    )
    everything = longer and same and (folder / _FINAL_FILE).exists()
    return {**config, "parent": {**parent, "takes": "everything" if everything else "weights"}}


def told(config: dict[str, Any]) -> str | None:
    """Return a line on what the run of `config` starts with, None if it is from nothing."""
    parent = config.get("parent")
    if parent is None:
        return None
    name, epochs = Path(parent["folder"]).name, config["trainer"]["max_epochs"]
    if parent["takes"] == "everything":
        return f"goes on from {name}, with its optimizer and schedule, to {epochs} epochs"
    return f"starts with the weights of {name}: {epochs} epochs, a new optimizer and schedule"


def with_best(overrides: Sequence[str]) -> tuple[list[str], str | None]:
    """Put the best recipe of FOLDER, on fresh seeds, in the place of `best=FOLDER`.

    Best is the highest mean validation accuracy over seeds. Fresh seeds are the first that no
    run there has, as many as its row plans, unless a seed is given. The second result says what
    was chosen, None without `best=`.

    Raises:
        BenchError: no run there was validated or started with overrides.
    """
    named = [each.removeprefix("best=") for each in overrides if each.startswith("best=")]
    if not named:
        return list(overrides), None
    own = [each for each in overrides if not each.startswith("best=")]
    answer = Answer.of(list_runs(Path(named[0])))
    count = len(answer.lines)
    used = {run.record.seed for (run,) in answer.runs if run.record}
    if "seed" in answer.keys:
        answer = answer.grouped("seed")
    runs = answer.best(1)[0]
    recipe = [
        each
        for each in overrides_of(runs[0], without=("seed",))
        if each not in ("protocol=tune", "protocol.test=never")
    ]
    validated = [run.validation for run in runs if run.validation is not None]
    mean = sum(validated) / len(validated)
    seeds = []
    if not any(_key(each) == "seed" for each in own):
        planned = _record(runs).row.seeds
        fresh = [seed for seed in range(planned + len(used)) if seed not in used][:planned]
        seeds = [f"seed={','.join(map(str, fresh))}"]
    chosen = f"best of {count} runs: {' '.join(recipe) or 'the default recipe'}"
    line = f"{chosen}, validation accuracy {mean:.4f} over {len(validated)}; {' '.join(seeds)}"
    return [*_left(recipe, own), *own, *seeds], line.rstrip("; ")


def _record(runs: Sequence[Any]) -> Record:
    found: Record = next(run.record for run in runs if run.record)
    return found


def _left(before: Sequence[str], own: Sequence[str]) -> list[str]:
    """Return those of `before` that `own` does not replace."""
    replaced = {_key(each) for each in own}
    return [each for each in before if _key(each) not in replaced]


def _key(override: str) -> str:
    return override.lstrip("+~").split("=", 1)[0]
