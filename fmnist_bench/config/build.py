"""From a part of a config to the object that it describes."""

from typing import Any

from hydra.errors import HydraException
from hydra.utils import instantiate

from fmnist_bench.errors import BenchError


def build(config: Any) -> Any:
    """Return what `config` instantiates to, with plain lists and dictionaries as arguments.

    Raises:
        BenchError: an argument is unknown or of the wrong kind; or what the object raised.
    """
    try:
        return instantiate(config, _convert_="all")
    except HydraException as error:
        cause = error.__cause__
        if isinstance(cause, BenchError):
            raise cause from None
        raise BenchError(" ".join(str(error).split())) from error
