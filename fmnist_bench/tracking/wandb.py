"""logger=wandb: one Weights & Biases run for each run, under the run's identity."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from fmnist_bench.errors import BenchError
from fmnist_bench.tracking.packages import require
from fmnist_bench.tracking.sweep_agent import run_id
from fmnist_bench.tracking.tracker import LOCAL_PATIENCE, About, Figures

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

    @property
    def patience(self) -> float:
        return self._upload_seconds if self._mode == "online" else LOCAL_PATIENCE

    def start(self, about: About, earlier: Sequence[Figures]) -> None:
        # W&B's client reports its own errors to its makers unless told not to.
        os.environ["WANDB_ERROR_REPORTING"] = "false"
        import wandb

        folder = about.folder / "wandb"
        folder.mkdir(exist_ok=True)
        self._sent = folder / "epochs_sent"
        self._run = wandb.init(
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
            # A run that starts anew takes the place of one that was lost.
            resume="allow" if earlier else None,
            settings=wandb.Settings(**self._settings(about.process)),
        )
        sent = self._epochs_sent() if earlier else 0
        for figures in earlier[sent:]:
            self.epoch(figures)

    def epoch(self, figures: Figures) -> None:
        self._run.log(figures, step=int(figures["epoch"]))
        self._sent.write_text(str(int(figures["epoch"]) + 1))

    def done(self, ending: "Ending") -> None:
        from fmnist_bench.tracking.wandb_ending import log_ending

        log_ending(self._run, ending)
        self._run.finish(exit_code=FINISHED)

    def failed(self, error: str, *, interrupted: bool) -> None:
        self._run.summary.update({"status": "failed", "error": error})
        self._run.finish(exit_code=INTERRUPTED if interrupted else FAILED)

    def _epochs_sent(self) -> int:
        text = self._sent.read_text() if self._sent.exists() else ""
        return int(text) if text.isdecimal() else 0

    def _settings(self, process: int | None) -> dict[str, Any]:
        seconds = self._upload_seconds
        return {
            # Terminal output, command lines, package lists and git remotes can hold secrets;
            # versions and commit are in the config.
            "console": "off",
            "disable_code": True,
            "disable_git": True,
            "x_save_requirements": False,
            "silent": True,
            "init_timeout": seconds,
            "login_timeout": seconds,
            "finish_timeout": seconds,
            "finish_timeout_raises": True,
            "x_disable_stats": process is None,
            **({} if process is None else {"x_stats_pid": process}),
        }


def server_url() -> str:
    """Return the address of W&B: WANDB_BASE_URL, `wandb login --host`, or the public one."""
    import wandb

    return os.environ.get("WANDB_BASE_URL") or str(wandb.setup().settings.base_url)
