"""Whether the package behind a tracker is installed."""

from importlib.util import find_spec

from fmnist_bench.errors import BenchError


def require(package: str) -> None:
    """Check, without importing it, that `package` is installed.

    Raises:
        BenchError: it is not; the message says how to install it.
    """
    if find_spec(package) is None:
        raise BenchError(
            f"logger={package} needs the package {package}; "
            f'pip install "fmnist-bench[{package}]", or choose another logger'
        )
