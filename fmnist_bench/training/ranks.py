"""Callback that keeps the processes of one run together."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from fmnist_bench.errors import BenchError


class SameConfig(Callback):
    """Stops every rank of a run if they do not all train the same config.

    Each rank reads the run's folder for itself, and ranks on other machines may have another
    version of the code; gradients averaged over different configs are nobody's.
    """

    def __init__(self, identity: str) -> None:
        self._identity = identity

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        if trainer.world_size == 1:
            return
        everyone: list[str] = [""] * trainer.world_size
        torch.distributed.all_gather_object(everyone, self._identity)
        others = [rank for rank, their in enumerate(everyone) if their != self._identity]
        if others:
            raise BenchError(
                f"rank {trainer.global_rank} trains config {self._identity[:12]}, and rank "
                f"{others[0]} another; start the run again, with one version on all machines"
            )
