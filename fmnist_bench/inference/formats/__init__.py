"""The file formats that a run is exported to; each file here writes one and reads it back."""

import importlib
from types import ModuleType

from fmnist_bench.errors import BenchError

FORMATS = ("onnx", "torchscript", "safetensors")


def format_named(name: str) -> ModuleType:
    """Return the module for format `name`: its SUFFIX, and `export(run)` to an `Exported`.

    Raises:
        BenchError: there is no such format, or a package that it needs is missing.
    """
    if name not in FORMATS:
        raise BenchError(f"--format: {name!r}, expected one of {', '.join(FORMATS)}")
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("fmnist_bench"):
            raise
        raise BenchError(
            f"--format {name}: needs the package {error.name}; pip install 'fmnist-bench[export]'"
        ) from None
