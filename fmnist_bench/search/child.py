"""The process of a trial's run: as any job's, with the study watching.

`python -m fmnist_bench.search.child FOLDER`
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fmnist_bench.jobs import child

if TYPE_CHECKING:
    from pytorch_lightning.callbacks import Callback

MODULE = "fmnist_bench.search.child"


def _pruning(folder: Path) -> "list[Callback]":
    # Only when the run starts: this imports torch, and Ctrl-C must be able to stop that.
    from fmnist_bench.search.pruning import pruning

    return pruning(folder)


if __name__ == "__main__":
    sys.exit(child.main(Path(sys.argv[1]), _pruning))
