"""What others report: the published table's rows and the five reference systems, as data."""

from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

SOURCES = ("published_table", "reference_systems")

Flaw = Literal[
    "old data",
    "best epoch on test",
    "test watched while training",
    "augmented test set",
    "ensemble",
    "extra data",
    "leaky validation",
    "best of several runs",
    "test set seen as a whole",
    "part of the test set",
    "disputed",
    "misprint",
    "source not available",
]
"""What is known to stand between a claim and the protocol of this board."""

DataVersion = Literal["old", "current", "unknown"]
"""Old: Fashion-MNIST before 31 August 2017, with other test images; current: since then."""


class Claim(BaseModel):
    """One reported result; accuracies in [0, 1], None where none is given.

    `corrected` is the Fashion-MNIST accuracy its own source gives where the published
    table misprints it. `experiment` names the file in conf/experiment that reproduces
    the claim, and the row that it makes; None means not yet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classifier: str
    preprocessing: str
    fashion_mnist: float | None = Field(ge=0, le=1)
    mnist: float | None = Field(ge=0, le=1)
    corrected: float | None = Field(default=None, ge=0, le=1)
    submitter: str
    submitter_url: str | None
    code: list[str]
    system: int | None = Field(default=None, ge=1, le=5)
    data: DataVersion
    flaws: list[Flaw]
    note: str
    note_source: str | None
    experiment: str | None

    def accuracy(self, dataset: str) -> float | None:
        """The claimed accuracy on `dataset`, corrected where it is a misprint."""
        if dataset == "mnist":
            return self.mnist
        return self.fashion_mnist if self.corrected is None else self.corrected


@cache
def claims() -> tuple[Claim, ...]:
    """Return every reported result, in the order of the published table, systems last."""
    folder = files("fmnist_bench.board") / "reported"
    reader = TypeAdapter(list[Claim])
    return tuple(
        claim
        for source in SOURCES
        for claim in reader.validate_json((folder / f"{source}.json").read_bytes())
    )
