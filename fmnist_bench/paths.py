"""Where the package finds conf/ and keeps its cache."""

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def conf_dir() -> Path:
    """Return conf/: inside the package when installed from a wheel, beside it in a checkout."""
    installed = _PACKAGE / "conf"
    return installed if installed.is_dir() else _PACKAGE.parent / "conf"


def cache_dir() -> Path:
    """Return the user's cache folder; the environment's FMNIST_BENCH_CACHE goes first."""
    named = os.environ.get("FMNIST_BENCH_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("fmnist-bench"))
