"""Describes a run to trackers, from its spec or from its record, in the same words."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist_bench.config.kinds import MACHINE_FLAGS
from fmnist_bench.config.typed import short, typed
from fmnist_bench.records.record import Record
from fmnist_bench.records.spec import FILE_NAME as SPEC_FILE
from fmnist_bench.records.spec import Spec, read_spec


@dataclass(frozen=True)
class About:
    """What is known of a run before it trains.

    `name` is the run's, in a sweep what differs in it. `group` is the sweep, the study of a
    search, or the row; `job_type` is tune or train.
    `config` has the recipe under the keys that a person types, and beside it `machine`, `row`
    and, in a sweep, `sweep`: what differs in it. `process` is the process that trains, and
    `digest` the record's; the one is None when the run is over, the other until it is.
    """

    identity: str
    name: str
    folder: Path
    group: str
    job_type: str
    config: dict[str, Any]
    resumes: bool = False
    process: int | None = None
    digest: str | None = None


def about_spec(
    spec: Spec, process: int, sweep: str | None, differing: Mapping[str, Any] | None
) -> About:
    """Describe the run of `spec`, which `process` trains.

    `sweep` is the one that it belongs to, if any, and `differing` maps the dotted keys that
    differ in that to this run's values.
    """
    trainer, row = spec.config["trainer"], spec.config["row"]
    flags = {flag: trainer[flag] for flag in MACHINE_FLAGS if flag in trainer}
    config = typed(spec.recipe) | {"machine": flags | spec.config["speed"], "row": row}
    if differing is not None:
        config["sweep"] = dict(differing)
    where = _place(spec.folder, spec.recipe, sweep or row["name"])
    return About(spec.identity, _name(spec.name, differing), *where, config, process=process)


def about_record(record: Record, folder: Path) -> About:
    """Describe the run in `folder`, which is over."""
    recipe = record.recipe or {}
    machine = record.machine.model_dump() if record.machine else {}
    config = typed(recipe) | {"machine": machine, "row": record.row.model_dump()}
    where = _place(folder, recipe, record.sweep or record.row.name)
    spec_is_there = (folder / SPEC_FILE).exists()
    differing = read_spec(folder).asked.differing if spec_is_there else None
    if differing is not None:
        config["sweep"] = dict(differing)
    name = _name(folder.name, differing)
    return About(record.identity, name, *where, config, digest=record.digest)


def _name(name: str, differing: Mapping[str, Any] | None) -> str:
    """Return what differs in a sweep, which `name` does not say."""
    return " ".join(short(key, value) for key, value in (differing or {}).items()) or name


def _place(folder: Path, recipe: Mapping[str, Any], group: str) -> tuple[Path, str, str]:
    """Return where the run in `folder` lies, its group and its kind."""
    folder = folder.absolute()
    if folder.parts[-4:-3] == ("tune",):  # a search keeps its runs in tune/STUDY/runs/RUN
        return folder, folder.parts[-3], "tune"
    tuning = recipe.get("protocol", {}).get("test") == "never"
    return folder, group, "tune" if tuning else "train"
