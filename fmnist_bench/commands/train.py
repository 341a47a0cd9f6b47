"""`fmnist-bench train`: one run, or a sweep with -m. Everything else is Hydra's."""

import os
import sys
from typing import Any

from fmnist_bench.config.compose import run_hydra
from fmnist_bench.config.profile import trainer_for_this_machine
from fmnist_bench.sweep.prepare import prepare
from fmnist_bench.sweep.sweep import Sweep

_RETRY = "--retry-failed"


def main(argv: list[str]) -> int:
    """Train what the overrides in `argv` describe; return 1 if a job failed."""
    if "COMP_LINE" in os.environ:
        # Hydra completes the words after the program's name; ours is two words long.
        os.environ["COMP_LINE"] = os.environ["COMP_LINE"].replace(" train ", " ", 1)
    sweeps: list[Sweep] = []
    arguments = [argument for argument in argv if argument != _RETRY]

    def task(configs: list[dict[str, Any]]) -> None:
        specs = [prepare(config, print) for config in configs]
        # A single run that failed before is what the user asks for again.
        sweep = Sweep(print, retry_failed=_RETRY in argv or len(specs) == 1)
        sweeps.append(sweep)
        try:
            sweep.run(specs)
        finally:
            print(sweep.summary())

    run_hydra(_with_trainer(arguments), task)
    return 0 if all(sweep.ok for sweep in sweeps) else 1


def _with_trainer(arguments: list[str]) -> list[str]:
    """Add the fastest `trainer=` for this machine unless the user chose one."""
    names = [argument.lstrip("+~").split("=", 1)[0] for argument in arguments]
    asks_hydra = any(argument.startswith("-") and argument != "-m" for argument in arguments)
    if "trainer" in names or asks_hydra:
        return arguments
    chosen = trainer_for_this_machine()
    print(f"trainer={chosen} (fits this machine; give trainer=... to choose)", file=sys.stderr)
    return [*arguments, f"trainer={chosen}"]
