"""logger=wandb: one Weights & Biases run for each run, under the run's identity."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from fmnist_bench.errors import BenchError
from fmnist_bench.tracking.packages import require
from fmnist_bench.tracking.sweep_agent import run_id
from fmnist_bench.tracking.tracker import LOCAL_PATIENCE, About, Figures
from fmnist_bench.tracking.wandb_client import client_settings, quieten, server_url

if TYPE_CHECKING:
    from fmnist_bench.tracking.ending import Ending

FINISHED, FAILED, INTERRUPTED = 0, 1, 255
"""Exit codes of a W&B run; it shows any but 0 as failed or crashed."""


class WandbTracker:
    """Mirrors a run into W&B through its own client.

    Offline the client writes below the run's `wandb` folder and opens no connection. Online
    it takes its key from where W&B keeps it: WANDB_API_KEY or `wandb login`.
    """

    later: ClassVar[str] = "`fmnist-bench wandb push` shows the run later"

    def __init__(
        self,
        *,
        project: str,
        entity: str | None,
        mode: Literal["offline", "online"],
        group: str | None,
        tags: Sequence[str],
        upload_seconds: float,
    ) -> None:
        """Take conf/logger/wandb.yaml.

        Raises:
            BenchError: `mode` is neither, or wandb is not installed.
        """
        require("wandb")
        if mode not in ("offline", "online"):
            raise BenchError(f"logger.wandb.mode: {mode!r} is unknown; choose offline or online")
        self._project, self._entity, self._mode = project, entity, mode
        self._group, self._tags = group, tuple(tags)
        self._upload_seconds = upload_seconds
        self._run: Any = None
        self._sent = Path("sent")
        self._first = 0

    @property
    def patience(self) -> float:
        return self._upload_seconds if self._mode == "online" else LOCAL_PATIENCE

    def start(self, about: About, earlier: Sequence[Figures]) -> None:
        quieten()
        import wandb

        folder = about.folder / "wandb"
        folder.mkdir(exist_ok=True)
        self._sent = folder / "epochs_sent"
        try:
            self._run = self._open(about, resume=bool(earlier))
        except wandb.errors.CommError as error:
            if "401" not in str(error):
                raise
            raise BenchError(
                f"{server_url()}: refuses the key; run `wandb login` again, or mend WANDB_API_KEY"
            ) from None
        if self._mode == "online":
            self._refuse_another(about.digest)
            self._first = self._run.starting_step
        else:
            self._first = self._epochs_sent() if earlier else 0
        for figures in earlier:
            self.epoch(figures)

    def epoch(self, figures: Figures) -> None:
        epoch = int(figures["epoch"])
        if epoch < self._first:
            return  # W&B has it
        self._run.log(figures, step=epoch)
        self._sent.write_text(str(epoch + 1))

    def done(self, ending: "Ending") -> None:
        from fmnist_bench.tracking.wandb_ending import log_ending

        log_ending(self._run, ending)
        self._run.finish(exit_code=FINISHED)

    def failed(self, error: str, *, interrupted: bool) -> None:
        self._run.summary.update({"status": "failed", "error": error})
        self._run.finish(exit_code=INTERRUPTED if interrupted else FAILED)

    def _open(self, about: About, *, resume: bool) -> Any:
        import wandb

        return wandb.init(
            project=self._project,
            entity=self._entity,
            id=run_id(about),
            name=about.name,
            dir=str(about.folder),
            mode=self._mode,
            group=self._group or about.group,
            job_type=about.job_type,
            tags=self._tags,
            config=about.config,
            # Online, the client appends to the history that the server has, whatever is said
            # here; but only a run that resumes is told how far that goes.
            resume="allow" if resume or self._mode == "online" else None,
            settings=wandb.Settings(**client_settings(about.process, self._upload_seconds)),
        )

    def _refuse_another(self, digest: str | None) -> None:
        """Raise BenchError if W&B has this run finished, and by another training than ours."""
        there = self._run.summary.get("record_digest")
        if there is None or there == digest:
            return
        self._run.finish(exit_code=FINISHED)
        raise BenchError(
            f"project {self._project} has another training of this run, and W&B keeps what a "
            "history has; name another project"
        )

    def _epochs_sent(self) -> int:
        text = self._sent.read_text() if self._sent.exists() else ""
        return int(text) if text.isdecimal() else 0
