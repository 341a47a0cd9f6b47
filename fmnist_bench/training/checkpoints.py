"""The files that an unfinished run lives on: where it resumes, and its best epoch so far."""

import io
import logging
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins import TorchCheckpointIO
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from fmnist_bench.files import atomic_write
from fmnist_bench.training.contract import check_logged

RESUME_FILE = "resume.ckpt"
PREVIOUS_FILE = "resume.previous.ckpt"
BEST_FILE = "best.ckpt"
FINAL_FILE = "final.ckpt"

log = logging.getLogger(__name__)


class WholeFiles(TorchCheckpointIO):
    """Writes checkpoints whole or not at all, and keeps the one before.

    Lightning's own writer goes through a temporary folder that may be on another disk, and
    then copies: a kill or a full disk meanwhile leaves the beginning of a file.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        target = Path(path)
        content = io.BytesIO()
        torch.save(checkpoint, content)
        with atomic_write(target) as file:
            file.write(content.getbuffer())
            file.flush()
            if target.name == RESUME_FILE and target.exists():
                target.replace(target.with_name(PREVIOUS_FILE))


class ResumePoint(Callback):
    """Saves everything at the start of each epoch but the first.

    Not at the end of one: Lightning moves epoch-wise and plateau schedules only after it
    has called the checkpoint callbacks, so that a run resumed from there would miss a move.

    With `final`, also the end, from which a longer run can go on as if it had never ended.
    """

    def __init__(self, folder: Path, *, final: bool = False) -> None:
        self._path, self._final = folder / RESUME_FILE, folder / FINAL_FILE if final else None

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self._final is not None:
            self._save(trainer, self._final)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.current_epoch == 0:
            return
        self._save(trainer, self._path)

    def _save(self, trainer: pl.Trainer, path: Path) -> None:
        # Lightning 2.6 resets these counters only after this hook. A checkpoint that says
        # "all batches of the epoch are done" would make the resumed run skip the epoch.
        loop = trainer.fit_loop.epoch_loop
        loop.batch_progress.reset_on_run()
        loop.scheduler_progress.reset_on_run()
        loop.automatic_optimization.optim_progress.reset_on_run()
        trainer.save_checkpoint(path)


class BestEpoch(Callback):
    """Keeps the weights of the epoch with the highest val/accuracy, of equal ones the earliest.

    It keeps what was validated. Where another callback validates other weights than those that
    train, as averaging does, it has to stand before that one in the list: weights are noted
    at the end of validation, when they are still in place.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / BEST_FILE
        self.accuracy = float("-inf")
        self._validated: dict[str, Tensor] = {}

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        state = pl_module.state_dict()
        self._validated = {name: value.detach().clone() for name, value in state.items()}

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        check_logged(trainer)
        accuracy = float(trainer.callback_metrics["val/accuracy"])
        if accuracy > self.accuracy:
            self.accuracy = accuracy
            if trainer.is_global_zero:
                content = io.BytesIO()
                torch.save({"epoch": trainer.current_epoch, "state_dict": self._validated}, content)
                with atomic_write(self._path) as file:
                    file.write(content.getbuffer())

    def changed_since(self, model: pl.LightningModule) -> bool:
        """Whether `model` has other weights than were validated last."""
        return any(
            not torch.equal(value.cpu(), self._validated[name].cpu())
            for name, value in model.state_dict().items()
            if name in self._validated
        )

    def load(self, model: pl.LightningModule) -> int:
        """Put the kept weights into `model`; return their epoch, from 0."""
        checkpoint = torch.load(self._path, map_location="cpu", weights_only=True)
        model.load_state_dict(checkpoint["state_dict"])
        return int(checkpoint["epoch"])

    def state_dict(self) -> dict[str, Any]:
        return {"accuracy": self.accuracy}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.accuracy = state_dict["accuracy"]


def resume_point(folder: Path) -> Path | None:
    """Return the newest checkpoint in `folder` that can be read, None to start afresh.

    One that cannot be read costs a warning and the epoch that it stood for.
    """
    for path in (folder / RESUME_FILE, folder / PREVIOUS_FILE):
        if not path.exists():
            continue
        try:
            torch.load(path, map_location="cpu", weights_only=False)
        except Exception as error:  # torch, zipfile and pickle each raise their own
            log.warning("%s: cannot be read (%s); going on before it", path, _first_line(error))
            continue
        return path
    return None


def remove_unfinished(folder: Path) -> None:
    """Delete what a killed process was writing into `folder` when it died."""
    for path in folder.glob(".*.*"):
        if path.name.startswith((f".{RESUME_FILE}.", f".{BEST_FILE}.")):
            path.unlink(missing_ok=True)


def remove_checkpoints(folder: Path) -> None:
    """Delete what only an unfinished run needs, or one that may go on."""
    goes_on = (folder / FINAL_FILE).exists()  # with what was best so far
    for name in (RESUME_FILE, PREVIOUS_FILE, *([] if goes_on else [BEST_FILE])):
        (folder / name).unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]
