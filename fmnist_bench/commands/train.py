"""`fmnist-bench train`: one run, or a sweep with -m. Everything else is Hydra's."""

import argparse

from fmnist_bench.config.groups import described
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


_MORE = """\
words of our own
  from=RUN                   go on from a finished run: from=cnn-fashion_mnist-s0 epochs=60
  best=FOLDER                the best recipe of a sweep or search there, on fresh seeds
  zip=[{a:1,b:2},{a:3,b:4}]  with -m: keys that are swept together, as sweep=NAME does
Every key that --cfg job shows can be given: optimizer.lr=0.1. Hydra has more: --hydra-help."""


def main(argv: list[str]) -> int:
    """Train what the overrides in `argv` describe; return 1 if a job failed."""
    if "-h" in argv or "--help" in argv:
        print(f"{parser().format_help()}\n{_MORE}\n\nconfig groups\n{described()}")
        return 0
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


def parser() -> argparse.ArgumentParser:
    """Return what the command takes, for its help and for completion; Hydra reads the rest."""
    made = argparse.ArgumentParser(
        prog="fmnist-bench train",
        description="Train one run, or a sweep with -m.",
        epilog="What is done is not trained again; what was stopped goes on.",
    )
    made.add_argument("overrides", nargs="*", help="GROUP=CHOICE or KEY=VALUE; with -m also lists")
    made.add_argument("-m", "--multirun", action="store_true", help="sweep over lists: seed=0,1,2")
    made.add_argument(
        "--cfg", choices=("job", "hydra", "all"), help="show the config, train nothing"
    )
    for flag, text in FLAGS.items():
        made.add_argument(flag, action="store_true", help=text)
    return made
