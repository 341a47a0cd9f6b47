"""The file in a run's folder that says which trial of which study may prune it."""

import json
from pathlib import Path

from fmnist_bench.files import atomic_write

FILE_NAME = "trial.json"


def hand_over(folder: Path, study: Path, trial: int) -> None:
    """Make the run in `folder` answer to `trial` of `study`."""
    with atomic_write(folder / FILE_NAME) as file:
        file.write(json.dumps({"study": str(study.absolute()), "trial": trial}).encode())


def take_back(folder: Path) -> None:
    """Undo `hand_over`."""
    (folder / FILE_NAME).unlink(missing_ok=True)


def handed_over(folder: Path) -> tuple[Path, int] | None:
    """Return the study and trial that the run in `folder` answers to, None for any other run."""
    path = folder / FILE_NAME
    if not path.exists():
        return None
    content = json.loads(path.read_bytes())
    return Path(content["study"]), content["trial"]
