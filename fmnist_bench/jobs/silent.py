"""The process of one job among several: as any job's, but for what it prints."""

import os
import sys
from pathlib import Path

from fmnist_bench.jobs import worker


def main(folder: Path, life: int | None = None, watchers: worker.Watchers = worker.nobody) -> int:
    """Run the spec in `folder`; its log has what it says. See `worker.main`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return worker.main(folder, life, watchers)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), life=0))
