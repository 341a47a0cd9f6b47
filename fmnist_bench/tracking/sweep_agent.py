"""A W&B sweep agent starts the suite: under which id its runs appear, and those done before."""

import logging
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fmnist_bench.config.build import build
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec

if TYPE_CHECKING:
    from fmnist_bench.tracking.about import About

log = logging.getLogger(__name__)
_VARIABLES = ("WANDB_SWEEP_ID", "WANDB_RUN_ID", "WANDB_SWEEP_PARAM_PATH")


def run_id(about: "About") -> str:
    """Return the run's identity, or the id that a W&B sweep agent has given this process.

    An agent starts one command for each run of its sweep, and finds it again by that id. Its
    first training takes the id; another of the same command goes under its own identity and
    leaves the sweep, so that no two trainings share a W&B run.
    """
    given = os.environ.get("WANDB_RUN_ID", "")
    if "WANDB_SWEEP_ID" in os.environ and re.fullmatch(r"[\w-]+", given):
        claim = about.folder.parent / f".agent-{given}"
        try:
            with claim.open("x") as file:
                file.write(about.identity)
            return given
        except FileExistsError:
            if claim.read_text() == about.identity:
                return given
    for name in _VARIABLES:  # they go before what W&B's client is told by arguments
        os.environ.pop(name, None)
    return about.identity


def show_drawn_again(done: Sequence[Spec]) -> None:
    """Show the first of the finished runs `done` as the run that a W&B agent asked for.

    An agent may draw what was trained before. Without one, or a run that logs to W&B, nothing
    happens. What goes wrong is a warning.
    """
    if "WANDB_SWEEP_ID" not in os.environ:
        return
    for spec in done[:1]:
        node = spec.config["logger"].get("wandb")
        if node is None:
            continue
        from fmnist_bench.tracking.push import push_one

        try:
            push_one(build(node, "logger.wandb"), read_record(spec.folder), spec.folder)
        except BenchError as error:
            log.warning("logger=wandb does not show the run in the sweep: %s", error)
