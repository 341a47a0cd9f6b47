"""What W&B shows of a finished run: summary, confusion matrix, hardest images, artifacts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wandb

from fmnist_bench.tracking.ending import Ending

if TYPE_CHECKING:
    from wandb.sdk.wandb_run import Run

HARDEST = "hardest_images"


def log_ending(run: "Run", ending: Ending) -> None:
    """Log the end of a finished run into `run`, which stays open."""
    summary: Any = run.summary  # untyped
    summary.update(ending.summary)
    if summary.get("error") is not None:
        del summary["error"]  # of an attempt that failed
    shown = summary.get(HARDEST) is not None
    if ending.labels is not None and ending.predicted is not None and not shown:
        confusion = wandb.plot.confusion_matrix(
            y_true=ending.labels.tolist(),
            preds=ending.predicted.tolist(),
            class_names=list(ending.class_names),
            title="Confusion matrix of the test images",
        )
        # No step: into the row of the last epoch.
        run.log({"confusion_matrix": confusion, HARDEST: _hardest(ending)})
    name = ending.name
    if ending.weights is not None:
        _artifact(run, f"{name}-weights", "model", [ending.weights])
    _artifact(run, f"{name}-predictions", "predictions", ending.evidence)


def _hardest(ending: Ending) -> wandb.Table:
    names = ending.class_names
    rows = [
        [
            None if hard.image is None else wandb.Image(hard.image),
            hard.index,
            names[hard.label],
            names[hard.predicted],
            hard.probability,
        ]
        for hard in ending.hardest
    ]
    return wandb.Table(columns=["image", "index", "label", "predicted", "probability"], data=rows)


def _artifact(run: "Run", name: str, kind: str, paths: Sequence[Path]) -> None:
    artifact = wandb.Artifact(name, kind)
    for path in paths:
        # Finished files do not change, so none is copied into W&B's staging folder.
        artifact.add_file(str(path), policy="immutable")
    run.log_artifact(artifact)
