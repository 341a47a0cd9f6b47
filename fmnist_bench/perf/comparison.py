"""What one comparison measures: its sides, and the goals that their ratios are held to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

Measure = Callable[[], float]
"""Measures once, from the start, and returns a positive figure in the comparison's unit."""


@dataclass(frozen=True)
class Place:
    """Where a comparison finds the raw idx files, and a folder of its own to keep things in."""

    data: Path
    work: Path
    say: Callable[[str], None]


class Goal(BaseModel):
    """`subject` is `sense` `bound` times `peer`; without a peer, its own figure is held to it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    subject: str
    peer: str | None
    sense: Literal["at least", "at most"]
    bound: float

    def value(self, figures: Mapping[str, float]) -> float:
        """Return the ratio, or the figure itself, in one round's `figures`."""
        return figures[self.subject] / (1 if self.peer is None else figures[self.peer])

    def met(self, value: float) -> bool:
        """Tell whether `value` keeps the bound."""
        return value >= self.bound if self.sense == "at least" else value <= self.bound


@dataclass(frozen=True)
class Comparison:
    """Sides by name, in the order in which each round measures them.

    `method` says in a sentence or two what is measured; `versions` names the peers' packages
    that this environment does not have; `device` names what trains if it is not the CPU.
    """

    title: str
    method: str
    unit: str
    sides: Mapping[str, Measure]
    goals: Sequence[Goal]
    versions: Mapping[str, str] = field(default_factory=dict)
    device: str | None = None
