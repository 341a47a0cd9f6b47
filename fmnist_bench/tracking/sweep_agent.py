"""Under which id a run appears in W&B."""

import os
import re

from fmnist_bench.tracking.tracker import About

_VARIABLES = ("WANDB_SWEEP_ID", "WANDB_RUN_ID", "WANDB_SWEEP_PARAM_PATH")


def run_id(about: About) -> str:
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
