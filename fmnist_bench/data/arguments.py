"""What conf may give as an argument, written as its type and checked as pydantic reads that."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from fmnist_bench.errors import BenchError

Share = Annotated[float, Field(ge=0, le=1)]
Whole = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


def _in_order(bounds: Sequence[float]) -> Sequence[float]:
    if len(bounds) != 2 or bounds[0] > bounds[1]:
        raise ValueError("[low, high] with low <= high")
    return bounds


ORDERED = AfterValidator(_in_order)
"""Makes a sequence of numbers a range [low, high]."""


_adapter = cache(TypeAdapter)  # making one takes milliseconds


def check(name: str, value: object, kind: Any) -> None:
    """Raise BenchError, which begins with `name`, unless `value` is of `kind`, a type."""
    try:
        _adapter(kind).validate_python(value, strict=True)
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Input should be ")
        said = said.removeprefix("Value error, ")
        raise BenchError(f"{name}: {value!r}, expected {said}") from None


def check_fields(made: Any, named: Callable[[str], str]) -> None:
    """Check every field of the dataclass instance `made`; errors call it what `named` says."""
    for field in fields(made):
        check(named(field.name), getattr(made, field.name), field.type)


class Arguments:
    """Base of dataclasses that check their fields, and call them after the class."""

    def __post_init__(self) -> None:
        """Raise BenchError for the first field that is not of its type."""
        check_fields(self, lambda name: f"{type(self).__name__} {name}")
