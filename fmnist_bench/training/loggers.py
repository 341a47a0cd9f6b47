"""Where a run's metrics go besides its record; chosen by conf/logger."""

from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger, Logger, WandbLogger


def csv(*, folder: Path, identity: str, name: str, config: dict[str, Any]) -> Logger:
    """Write metrics.csv into the run's folder."""
    return CSVLogger(save_dir=folder, name="", version="")


def wandb(
    *, folder: Path, identity: str, name: str, config: dict[str, Any], project: str, mode: str
) -> Logger:
    """Log to Weights & Biases; one W&B run per training run, resumed with it."""
    logger = WandbLogger(
        project=project, name=name, id=identity[:16], save_dir=folder, mode=mode, resume="allow"
    )
    logger.log_hyperparams(config)
    return logger
