"""`fmnist-bench train`: one run, or a sweep with -m. Everything else is Hydra's."""

import os

from fmnist_bench.jobs.plan import plan
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.jobs.sweep import Sweep
from fmnist_bench.tracking.sweep_agent import show_drawn_again

_RETRY, _FORCE = "--retry-failed", "--force"


def main(argv: list[str]) -> int:
    """Train what the overrides in `argv` describe; return 1 if a job failed."""
    if "COMP_LINE" in os.environ:
        # Hydra completes the words after the program's name; ours is two words long.
        os.environ["COMP_LINE"] = os.environ["COMP_LINE"].replace(" train ", " ", 1)
    planned = plan([argument for argument in argv if argument not in (_RETRY, _FORCE)])
    if planned is None:
        return 0
    specs = [prepare(config, print) for config in planned.configs]
    # A single run that failed before is what the user asks for again.
    retry = _RETRY in argv or len(specs) == 1
    sweep = Sweep(print, retry, _FORCE in argv, planned.launcher)
    sweep.run(specs)
    show_drawn_again([each.spec for each in sweep.outcomes if each.state == "done before"])
    return 0 if sweep.ok else 1
