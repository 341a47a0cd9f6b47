"""Describes a run to trackers, from its spec or from its record, in the same words."""

from pathlib import Path
from typing import Any

from fmnist_bench.records.environment import git
from fmnist_bench.records.identity import identity_config
from fmnist_bench.records.record import Epoch, Git, Record, Row
from fmnist_bench.records.spec import Spec
from fmnist_bench.tracking.figures import epoch_figures
from fmnist_bench.tracking.tracker import About, Figures


def about_spec(spec: Spec, process: int) -> About:
    """Describe the run of `spec`, which `process` trains."""
    row = Row(**spec.config["row"])
    config = identity_config(spec.config)
    return _about(spec.identity, spec.folder, config, row, git(), process, None)


def about_record(record: Record, folder: Path) -> About:
    """Describe the run in `folder`, which is over."""
    config, row, digest = record.config, record.row, record.digest
    return _about(record.identity, folder, config, row, record.git, None, digest)


def history_figures(history: list[Epoch]) -> list[Figures]:
    """Return a record's epochs as trackers are told of them."""
    return [epoch_figures(epoch.model_dump()) for epoch in history]


def _about(
    identity: str,
    folder: Path,
    config: dict[str, Any],
    row: Row,
    commit: Git,
    process: int | None,
    digest: str | None,
) -> About:
    # A search keeps its runs in tune/STUDY/runs/RUN.
    study = folder.absolute().parent.parent
    searching = study.parent.name == "tune"
    tuning = searching or config["protocol"].get("test") == "never"
    return About(
        identity=identity,
        name=folder.name,
        group=study.name if searching else row.name,
        job_type="tune" if tuning else "train",
        config={**config, "row": row.model_dump(), "git": commit.model_dump()},
        folder=folder.absolute(),
        process=process,
        digest=digest,
    )
