"""`fmnist-bench wandb push`: rebuild Weights & Biases runs from local records."""

import argparse
import os
from pathlib import Path

from fmnist_bench.board.collect import run_folders
from fmnist_bench.errors import BenchError


def main(argv: list[str]) -> int:
    """Push the runs below the folders that `argv` names.

    Raises:
        BenchError: a folder has no run, a record is unreadable, or W&B cannot be reached.
    """
    options = parser().parse_args(argv)
    folders = [folder for root in options.folder for folder in _runs(root)]
    from fmnist_bench.tracking.push import push
    from fmnist_bench.tracking.wandb_tracker import WandbTracker

    def tracker() -> WandbTracker:
        return WandbTracker(
            project=options.project,
            entity=options.entity,
            mode=options.mode,
            group=options.group,
            tags=options.tag,
            upload_seconds=options.seconds,
        )

    if tracker().off:
        raise BenchError("WANDB_MODE=disabled: pushes nothing; unset it or add --mode online")
    new = push(folders, tracker, print, again=options.again)
    print(f"{new} of {len(folders)} runs pushed")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench wandb",
        description="Show finished runs in Weights & Biases, whatever logger they ran with.",
    )
    commands = parser.add_subparsers(required=True)
    push = commands.add_parser("push", help="rebuild W&B runs from records; may be repeated")
    push.add_argument(
        "folder", nargs="*", type=Path, default=[Path("outputs/runs")], help="default: outputs/runs"
    )
    push.add_argument(
        "--mode",
        choices=("online", "offline"),
        default=os.environ.get("WANDB_MODE", "online"),
        help="default: WANDB_MODE, else online",
    )
    push.add_argument("--project", default="fmnist-bench")
    push.add_argument("--entity", help="default: your own")
    push.add_argument("--group", help="default: the sweep or the row of each run")
    push.add_argument("--tag", action="append", default=[], help="may be repeated")
    push.add_argument("--again", action="store_true", help="also what was pushed before")
    push.add_argument("--seconds", type=float, default=30, help="to wait for W&B (default: 30)")
    return parser


def _runs(root: Path) -> list[Path]:
    found = list(run_folders(root)) if root.is_dir() else []
    if not found:
        raise BenchError(
            f"{root}: no run below this folder; train something first, or name another"
        )
    return found
