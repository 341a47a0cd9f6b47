"""What others report: the published table's rows and the five reference systems, as data."""

from functools import cache
from importlib.resources import files
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir

SOURCES = ("published_table", "reference_systems")

Flaw = Literal[
    "old data",
    "best epoch on test",
    "test watched while training",
    "fitted on test labels",
    "batch statistics at test",
    "augmented test set",
    "ensemble",
    "extra data",
    "leaky validation",
    "best of several runs",
    "test set seen as a whole",
    "part of the test set",
    "disputed",
    "misprint",
    "MNIST misprint",
    "source not available",
    "source not linked",
]
"""What stands between a claim and the protocol of this board."""

DataVersion = Literal["old", "current", "unknown"]
"""Old: Fashion-MNIST before 31 August 2017, with other test images; current: since then."""


class Statistic(BaseModel):
    """What a figure is of its runs: of one, or the mean, the best or the vote of several."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["one run", "mean", "best", "ensemble"]
    runs: int = Field(ge=1)

    @model_validator(mode="after")
    def _one_run_is_one(self) -> Self:
        if (self.kind == "one run") != (self.runs == 1):
            raise ValueError(f"{self.kind} of {self.runs} runs")
        return self

    def __str__(self) -> str:
        return self.kind if self.runs == 1 else f"{self.kind} of {self.runs}"


class Claim(BaseModel):
    """One reported result; accuracies in [0, 1], None where none is given.

    `number` counts the rows of the published table; the five systems have none. `corrected`
    and `corrected_mnist` are what the claim's own source gives where the published table
    differs from it by more than rounding. `digits` are the decimals of the figure that is
    judged, `statistic` is what it is of its runs.

    `flaws` are read in a source; `probable_flaws` are inferred from one.

    `experiment` names the file in conf/experiment that runs the claim, and the row that it
    makes; where there is none, `cannot` says why. `cost_hours` is an estimate for one seed
    of it on two cores. `schedule` (a part of the published schedule) or `substitute`
    (another net or other weights) say what the experiment runs instead of what is claimed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int | None = Field(default=None, ge=1, le=38)
    system: int | None = Field(default=None, ge=1, le=5)
    classifier: str
    preprocessing: str
    fashion_mnist: float | None = Field(ge=0, le=1)
    mnist: float | None = Field(ge=0, le=1)
    corrected: float | None = Field(default=None, ge=0, le=1)
    corrected_mnist: float | None = Field(default=None, ge=0, le=1)
    digits: int | None = Field(ge=1, le=6)
    statistic: Statistic
    submitter: str
    submitter_url: str | None
    code: list[str]
    data: DataVersion
    flaws: list[Flaw]
    probable_flaws: list[Flaw] = []
    note: str
    note_source: str | None
    experiment: str | None = None
    cannot: str | None = None
    cost_hours: float | None = Field(default=None, gt=0)
    schedule: str | None = None
    substitute: str | None = None

    @model_validator(mode="after")
    def _says_what_runs_it(self) -> Self:
        if (self.number is None) == (self.system is None):
            raise ValueError("a claim is a row of the published table or of a system")
        if (self.experiment is None) == (self.cannot is None):
            raise ValueError("a claim has an experiment or a reason why it has none")
        return self

    @property
    def dataset(self) -> Literal["fashion_mnist", "mnist"]:
        """The dataset that the claim is judged on: MNIST if it gives no other figure."""
        only_mnist = self.fashion_mnist is None and self.mnist is not None
        return "mnist" if only_mnist else "fashion_mnist"

    def accuracy(self, dataset: str) -> float | None:
        """The claimed accuracy on `dataset`, corrected where it is a misprint."""
        if dataset == "mnist":
            return self.mnist if self.corrected_mnist is None else self.corrected_mnist
        return self.fashion_mnist if self.corrected is None else self.corrected


@cache
def claims() -> tuple[Claim, ...]:
    """Return every reported result, in the order of the published table, systems last.

    Raises:
        BenchError: one names an experiment that does not exist.
    """
    folder = files("fmnist_bench.board") / "reported"
    reader = TypeAdapter(list[Claim])
    return tuple(
        _with_experiment(claim, source)
        for source in SOURCES
        for claim in reader.validate_json((folder / f"{source}.json").read_bytes())
    )


def _with_experiment(claim: Claim, source: str) -> Claim:
    name = claim.experiment
    if name is not None and not (conf_dir() / "experiment" / f"{name}.yaml").is_file():
        row = claim.number if claim.system is None else f"of system {claim.system}"
        raise BenchError(
            f"{source}.json: row {row}: no conf/experiment/{name}.yaml; mend the name in its "
            "experiment, or say in cannot why there is none"
        )
    return claim
