"""`fmnist-bench train`: one run, or a sweep with -m. Everything else is Hydra's."""

import os
import sys

from fmnist_bench.config.profile import trainer_for_this_machine
from fmnist_bench.jobs.plan import plan
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.jobs.sweep import Sweep
from fmnist_bench.tracking.drawn_again import show_drawn_again

_RETRY = "--retry-failed"
_MULTIRUN = ("-m", "--multirun")


def main(argv: list[str]) -> int:
    """Train what the overrides in `argv` describe; return 1 if a job failed."""
    if "COMP_LINE" in os.environ:
        # Hydra completes the words after the program's name; ours is two words long.
        os.environ["COMP_LINE"] = os.environ["COMP_LINE"].replace(" train ", " ", 1)
    arguments = [argument for argument in argv if argument != _RETRY]
    planned = plan(_with_trainer(arguments))
    if planned is None:
        return 0
    specs = [prepare(config, print) for config in planned.configs]
    # A single run that failed before is what the user asks for again.
    sweep = Sweep(print, _RETRY in argv or len(specs) == 1, planned.launcher)
    sweep.run(specs)
    show_drawn_again([each.spec for each in sweep.outcomes if each.state == "done before"])
    return 0 if sweep.ok else 1


def _with_trainer(arguments: list[str]) -> list[str]:
    """Add the fastest `trainer=` for this machine unless the user chose one."""
    names = [argument.lstrip("+~").split("=", 1)[0] for argument in arguments]
    asks_hydra = any(each.startswith("-") and each not in _MULTIRUN for each in arguments)
    if "trainer" in names or asks_hydra:
        return arguments
    chosen = trainer_for_this_machine()
    print(f"trainer={chosen} (fits this machine; give trainer=... to choose)", file=sys.stderr)
    return [*arguments, f"trainer={chosen}"]
