"""The process of a trial's run: as any job's, with the study watching.

`python -m fmnist_bench.search.judged_run FOLDER`, or a fork of the server.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fmnist_bench.jobs import silent

if TYPE_CHECKING:
    from pytorch_lightning.callbacks import Callback


def main(folder: Path, life: int | None = None) -> int:
    """Run the spec in `folder`, and leave what is to be said to the search; see `worker.main`."""
    return silent.main(folder, life, _judge)


def _judge(folder: Path) -> "list[Callback]":
    # Only when the run starts: this imports torch, and Ctrl-C must be able to stop that.
    from fmnist_bench.search.pruning import AskStudy

    return [AskStudy(folder)]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), life=0))
