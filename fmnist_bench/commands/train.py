"""`fmnist-bench train`: one run, or a sweep with -m. Everything else is Hydra's."""

import os
import sys

from fmnist_bench.config.compose import compose_command_line
from fmnist_bench.config.profile import trainer_for_this_machine
from fmnist_bench.sweep.prepare import prepare
from fmnist_bench.sweep.sweep import Sweep

_RETRY = "--retry-failed"


def main(argv: list[str]) -> int:
    """Train what the overrides in `argv` describe; return 1 if a job failed."""
    if "COMP_LINE" in os.environ:
        # Hydra completes the words after the program's name; ours is two words long.
        os.environ["COMP_LINE"] = os.environ["COMP_LINE"].replace(" train ", " ", 1)
    arguments = [argument for argument in argv if argument != _RETRY]
    configs = compose_command_line(_with_trainer(arguments))
    if not configs:
        return 0
    specs = [prepare(config, print) for config in configs]
    # A single run that failed before is what the user asks for again.
    sweep = Sweep(print, retry_failed=_RETRY in argv or len(specs) == 1)
    try:
        sweep.run(specs)
    finally:
        print(sweep.summary())
    return 0 if sweep.ok else 1


def _with_trainer(arguments: list[str]) -> list[str]:
    """Add the fastest `trainer=` for this machine unless the user chose one."""
    names = [argument.lstrip("+~").split("=", 1)[0] for argument in arguments]
    asks_hydra = any(argument.startswith("-") and argument != "-m" for argument in arguments)
    if "trainer" in names or asks_hydra:
        return arguments
    chosen = trainer_for_this_machine()
    print(f"trainer={chosen} (fits this machine; give trainer=... to choose)", file=sys.stderr)
    return [*arguments, f"trainer={chosen}"]
