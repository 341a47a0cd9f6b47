"""Fashion-MNIST benchmark suite: honest accuracies, checked by anyone.

`compose`, `train`, `load_run`, `runs_table` and `leaderboard` are the suite as a library; each is
imported when it is first asked for, so that `import fmnist_bench` costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fmnist_bench.errors import BenchError
    from fmnist_bench.inference import load_run
    from fmnist_bench.library import compose, leaderboard, runs_table, train

__version__ = "0.1.0"
__all__ = ["BenchError", "compose", "leaderboard", "load_run", "runs_table", "train"]

_HOMES = {"BenchError": "errors", "load_run": "inference"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES.get(name, 'library')}"), name)
