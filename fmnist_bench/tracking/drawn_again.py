"""A W&B sweep may draw a trial that was trained before; it is then shown and not trained."""

import logging
import os
from collections.abc import Sequence

from fmnist_bench.config.build import build
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec

log = logging.getLogger(__name__)


def show_drawn_again(done: Sequence[Spec]) -> None:
    """Show the first of the finished runs `done` as the run that a W&B agent asked for.

    Without an agent, or a run that logs to W&B, nothing happens. What goes wrong is a warning.
    """
    if "WANDB_SWEEP_ID" not in os.environ:
        return
    for spec in done[:1]:
        logger = spec.config["logger"].get("wandb")
        if logger is None:
            continue
        from fmnist_bench.tracking.push import push_one

        try:
            push_one(build(logger), read_record(spec.folder), spec.folder)
        except BenchError as error:
            log.warning("logger=wandb does not show the run in the sweep: %s", error)
