"""logger=wandb: one Weights & Biases run for each run, under the run's identity."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fmnist_bench.errors import BenchError
from fmnist_bench.tracking.about import About
from fmnist_bench.tracking.ending import Ending, Tested
from fmnist_bench.tracking.sweep_agent import run_id
from fmnist_bench.tracking.tracker import Figures, Tracker

MODES = ("offline", "online", "disabled")
FINISHED, FAILED, INTERRUPTED = 0, 1, 255
"""Exit codes of a W&B run; it shows any but 0 as failed or crashed."""

HARDEST = "hardest_images"


@dataclass(kw_only=True, eq=False)
class WandbTracker(Tracker):
    """Mirrors a run into W&B through its own client; conf/logger/wandb.yaml explains the keys.

    Offline the client writes below the run's `wandb` folder and opens no connection. Online
    it takes its key from where W&B keeps it: WANDB_API_KEY or `wandb login`.
    """

    project: str
    entity: str | None
    mode: str
    group: str | None
    tags: Sequence[str]
    upload_seconds: float

    apart = True
    package = "wandb"
    later = "`fmnist-bench wandb push` shows the run later"

    def __post_init__(self) -> None:
        """Raise BenchError if `mode` is unknown, or wandb is not installed."""
        super().__init__()
        if self.mode not in MODES:
            raise BenchError(
                f"logger.wandb.mode, or WANDB_MODE: {self.mode!r} is unknown; choose from "
                f"{', '.join(MODES)}"
            )
        self.off = self.mode == "disabled"
        if self.mode == "online":
            self.patience = self.upload_seconds
        self._first = 0

    @property
    def target(self) -> dict[str, Any]:
        """Where the run goes, in W&B's words."""
        return {"mode": self.mode, "project": self.project, "entity": self.entity}

    def start(self, about: About) -> None:
        # The client reads this when it is imported: no chatter, no reports to its makers.
        os.environ |= {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
        import wandb

        self._sent = about.folder / "wandb" / "epochs_sent"
        self._sent.parent.mkdir(exist_ok=True)
        watched: dict[str, Any] = {} if about.process is None else {"x_stats_pid": about.process}
        self._run: Any = wandb.init(
            **self.target,
            id=run_id(about),
            name=about.name,
            dir=str(about.folder),
            group=self.group or about.group,
            job_type=about.job_type,
            tags=tuple(self.tags),
            config=about.config,
            # The client appends to the history that the server has, whatever is said here; but
            # only a run that resumes is told how far that goes.
            resume="allow",
            # Terminal output, package lists and git remotes can hold secrets.
            settings=wandb.Settings(
                console="off",
                disable_code=True,
                disable_git=True,
                x_save_requirements=False,
                silent=True,
                init_timeout=self.upload_seconds,
                login_timeout=self.upload_seconds,
                finish_timeout=self.upload_seconds,
                finish_timeout_raises=True,
                x_disable_stats=not watched,
                **watched,
            ),
        )
        if self.mode == "online":
            self._refuse_another(about.digest)
            self._first = self._run.starting_step
        elif about.resumes and self._sent.exists():
            self._first = int(self._sent.read_text() or 0)

    def epochs(self, figures: Sequence[Figures]) -> None:
        for each in figures:
            epoch = int(each["epoch"])
            if epoch >= self._first:  # else W&B has it
                self._run.log(each, step=epoch)
                self._sent.write_text(str(epoch + 1))

    def done(self, ending: Ending) -> None:
        import wandb

        run, record = self._run, ending.record
        if record.machine is not None:
            run.config.update({"machine": record.machine.model_dump()}, allow_val_change=True)
        run.summary.update(ending.summary)
        if run.summary.get("error") is not None:
            del run.summary["error"]  # of an attempt that failed
        if ending.tested is not None and run.summary.get(HARDEST) is None:
            # No step: into the row of the last epoch.
            run.log(_looked_at(ending.tested, record.data.class_names))
        for suffix, name, kind in (
            (".safetensors", "weights", "model"),
            (".json .npz", "predictions", "predictions"),
        ):
            artifact = wandb.Artifact(f"{ending.folder.name}-{name}", kind)
            for path in ending.files:
                if path.suffix in suffix.split():
                    # Finished files do not change, so none is copied into W&B's staging folder.
                    artifact.add_file(str(path), policy="immutable")
            if len(artifact.manifest.entries):
                run.log_artifact(artifact)
        run.finish(exit_code=FINISHED)

    def failed(self, error: str, *, interrupted: bool) -> None:
        self._run.summary.update({"status": "failed", "error": error})
        self._run.finish(exit_code=INTERRUPTED if interrupted else FAILED)

    def _refuse_another(self, digest: str | None) -> None:
        """Raise BenchError if W&B has this run finished, and by another training than ours."""
        there = self._run.summary.get("record_digest")
        if there is not None and there != digest:
            self._run.finish(exit_code=FINISHED)
            raise BenchError(
                f"project {self.project} has another training of this run, and W&B "
                "keeps what a history has; name another project"
            )


def _looked_at(tested: Tested, names: Sequence[str]) -> dict[str, Any]:
    """Return confusion matrix and hardest images as W&B shows them."""
    import wandb

    table = wandb.Table(columns=["image", "index", "label", "predicted", "probability"])
    for place, index in enumerate(tested.hardest):
        table.add_data(
            None if tested.images is None else wandb.Image(tested.images[place]),
            int(index),
            names[tested.labels[index]],
            names[tested.predicted[index]],
            float(tested.confidence[index]),
        )
    confusion = wandb.plot.confusion_matrix(
        y_true=tested.labels.tolist(),
        preds=tested.predicted.tolist(),
        class_names=list(names),
        title="Confusion matrix of the test images",
    )
    return {"confusion_matrix": confusion, HARDEST: table}
