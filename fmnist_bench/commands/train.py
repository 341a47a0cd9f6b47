"""`fmnist-bench train`: one run, or a sweep with -m. Everything else is Hydra's."""

import os

from fmnist_bench.jobs.dry_run import dry_run
from fmnist_bench.jobs.launchers.choose import usual_launcher
from fmnist_bench.jobs.origin import told
from fmnist_bench.jobs.plan import plan
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.jobs.sweep import Sweep
from fmnist_bench.tracking.sweep_agent import show_drawn_again

FLAGS = {
    "--retry-failed": "run again what failed before",
    "--force": "train again what is done; its record is replaced",
    "--dry-run": "say what would be run, and how long that may take",
    "--fail-fast": "start nothing more once a job has failed",
}


def main(argv: list[str]) -> int:
    """Train what the overrides in `argv` describe; return 1 if a job failed."""
    if "COMP_LINE" in os.environ:
        # Hydra completes the words after the program's name; ours is two words long.
        os.environ["COMP_LINE"] = os.environ["COMP_LINE"].replace(" train ", " ", 1)
    planned = plan([argument for argument in argv if argument not in FLAGS], print)
    if planned is None:
        return 0
    pairs = zip(planned.configs, planned.asked, strict=True)
    specs = [prepare(config, print, asked) for config, asked in pairs]
    # A single run that failed before is what the user asks for again.
    retry = "--retry-failed" in argv or len(specs) == 1
    force, fail_fast = "--force" in argv, "--fail-fast" in argv
    sweep = Sweep(print, retry, force, planned.launcher, fail_fast)
    if "--dry-run" in argv:
        print(dry_run(specs, sweep.todo(specs)))
        return 0
    if specs and (line := told(specs[0].config)):
        print(line)
    if not planned.chosen:
        sweep.launcher = usual_launcher(specs)
    sweep.run(specs)
    show_drawn_again([each.spec for each in sweep.outcomes if each.state == "done before"])
    return 0 if sweep.ok else 1
