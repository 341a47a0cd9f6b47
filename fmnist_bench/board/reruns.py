"""Independent re-runs: `results/reruns/<row>.json`, and when one counts as a reproduction."""

import json
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from fmnist_bench.board.collect import RERUNS, Problem
from fmnist_bench.files import atomic_write
from fmnist_bench.records.record import Git, Hardware


class Rerun(BaseModel):
    """One seed of a row, trained again; accuracies in [0, 1] on the same test images.

    `identity` and `recipe` are those of the original run, `git` and `versions` those of
    the re-run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    row: str
    recipe: str
    identity: str
    dataset: str
    seed: int
    original_accuracy: float
    accuracy: float
    date: date
    hardware: Hardware
    versions: dict[str, str]
    git: Git

    @property
    def within(self) -> bool:
        """Whether the re-run reproduces the original."""
        difference = abs(self.accuracy - self.original_accuracy)
        # Accuracies are whole counts of 10,000; the margin absorbs their rounding.
        return difference <= tolerance(self.original_accuracy, self.accuracy) + 1e-9


def tolerance(first: float, second: float, images: int = 10_000) -> float:
    """Return twice the pooled standard error of the difference of two accuracies.

    The standard error is the two-sample one of proportions, pooled because the runs are
    supposed to be the same. It overstates the doubt, since both saw the same images: a
    re-run outside it is a failure, one inside it is no proof.
    """
    pooled = (first + second) / 2
    return float(2 * (pooled * (1 - pooled) * 2 / images) ** 0.5)


def rerun_file(results: Path, row: str) -> Path:
    """Path of the re-run of `row`, whose name must be fit for a file."""
    return results / RERUNS / f"{row}.json"


def write_rerun(results: Path, rerun: Rerun) -> None:
    """Write `rerun` in its place below `results`, over an earlier one of that row."""
    with atomic_write(rerun_file(results, rerun.row)) as file:
        file.write((json.dumps(rerun.model_dump(mode="json"), indent=1) + "\n").encode())


def read_reruns(results: Path) -> tuple[list[Rerun], list[Problem]]:
    """Read every re-run below `results`; a file that is none becomes a `Problem`."""
    reruns: list[Rerun] = []
    problems: list[Problem] = []
    for path in sorted((results / RERUNS).glob("[!.]*.json")):
        try:
            reruns.append(Rerun.model_validate_json(path.read_bytes()))
        except (ValidationError, OSError) as error:
            reason = str(error).splitlines()[0]
            problems.append(Problem(f"{RERUNS}/{path.name}", f"not a re-run's result ({reason})"))
    return reruns, problems
