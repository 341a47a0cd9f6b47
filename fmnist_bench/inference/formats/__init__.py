"""The file formats that a run is exported to; each file here writes one and reads it back."""

import importlib
from typing import Protocol, cast

from fmnist_bench.errors import BenchError
from fmnist_bench.inference.formats.exported import Exported
from fmnist_bench.inference.trained import TrainedRun

FORMATS = ("onnx", "torchscript", "safetensors")


class Format(Protocol):
    """What each module here offers."""

    SUFFIX: str

    def export(self, run: TrainedRun) -> Exported: ...


def format_named(name: str) -> Format:
    """Return the module for format `name`.

    Raises:
        BenchError: there is no such format, or a package that it needs is missing.
    """
    if name not in FORMATS:
        raise BenchError(f"--format: {name!r}, expected one of {', '.join(FORMATS)}")
    try:
        return cast(Format, importlib.import_module(f"{__name__}.{name}"))
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("fmnist_bench"):
            raise
        raise BenchError(
            f"--format {name}: needs the package {error.name}; pip install 'fmnist-bench[export]'"
        ) from None
