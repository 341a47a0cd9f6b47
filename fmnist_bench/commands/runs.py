"""`fmnist-bench runs`: what came of the runs in a folder, and which recipe was best."""

import argparse
import shlex
import sys
from pathlib import Path

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.answer import Answer, overrides_of
from fmnist_bench.jobs.job import forget
from fmnist_bench.jobs.layout import as_csv, as_json, as_text
from fmnist_bench.jobs.listed import list_runs, refuse_delete


def main(argv: list[str]) -> int:
    """Print the runs that `argv` asks for.

    Raises:
        BenchError: the folder has no runs, a key is unknown, or a run cannot be deleted.
    """
    options = parser().parse_args(argv)
    answer = Answer.of(list_runs(options.folder))
    if not answer.runs:
        raise BenchError(f"{options.folder}: no runs; train one first, or name another folder")
    answer = answer.kept(options.filter)
    if options.delete:
        return _delete(answer)
    if options.group:
        answer = answer.grouped(options.group)
    if options.sort == "test" and not options.test:
        raise BenchError("--sort test: choosing by test accuracy is no choice; --test shows it")
    if options.sort:
        answer = answer.sorted(options.sort)
    if options.best is not None:
        left_out = [options.group] if options.group else []
        for runs in answer.best(options.best):
            print(shlex.join(overrides_of(runs[0], without=left_out)))
        return 0
    write = as_csv if options.csv else as_json if options.json else as_text
    print(write(answer, test=options.test).rstrip("\n"))
    return 0


def _delete(answer: Answer) -> int:
    runs = [run for each in answer.runs for run in each]
    refuse_delete(runs)
    if not runs:
        raise BenchError("--delete: no such run")
    print(as_text(answer, test=False))
    print(f"delete {len(runs)} run{'s' * (len(runs) > 1)}? [y/N] ", end="", flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        print("nothing deleted")
        return 1
    for run in runs:
        forget(run.folder)
    print(f"deleted {len(runs)}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    made = argparse.ArgumentParser(
        prog="fmnist-bench runs",
        description="Finished, failed and running runs: the keys that differ, and the validation "
        "accuracy. Test accuracy is for reporting, so it is shown with --test alone.",
    )
    made.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("outputs"),
        help="folder of outputs, or of a search: outputs/tune/NAME (default: outputs)",
    )
    made.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="only these runs; repeatable: --filter model=cnn --filter state=done",
    )
    made.add_argument("--sort", metavar="KEY", help="by this column (default: validation)")
    made.add_argument(
        "--group", metavar="KEY", help="one line for all values of KEY: --group seed, mean ± std"
    )
    made.add_argument(
        "--best", type=_count, metavar="N", help="the N best recipes, as overrides for train"
    )
    made.add_argument("--test", action="store_true", help="show the test accuracy too")
    made.add_argument("--csv", action="store_true", help="as CSV, with all digits")
    made.add_argument("--json", action="store_true", help="as JSON, with all digits")
    made.add_argument(
        "--delete", action="store_true", help="delete the runs that --filter leaves; asks first"
    )
    return made


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, not {text!r}")
    return int(text)
