"""From the config group hydra/launcher to a launcher."""

from collections.abc import Sequence

from hydra.errors import HydraException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.launchers.launcher import Launcher
from fmnist_bench.jobs.launchers.one_by_one import OneByOne
from fmnist_bench.jobs.launchers.plugin import PluginLauncher

_BASIC = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"
_OURS = "fmnist_bench.jobs.launchers."


def launcher_of(settings: DictConfig, words: Sequence[str]) -> Launcher:
    """Return the launcher that the config node `settings` (hydra.launcher) describes.

    `words` are those of the command line that chose and set it; they are handed on to a plugin.

    Raises:
        BenchError: its settings do not fit.
    """
    target = str(settings.get("_target_"))
    if target == _BASIC:
        return OneByOne()
    if not target.startswith(_OURS):
        return PluginLauncher(tuple(words))
    plain = OmegaConf.to_container(settings, resolve=True)
    try:
        launcher: Launcher = instantiate(plain, _convert_="all")
    except HydraException as error:
        raise BenchError(f"hydra.launcher: {' '.join(str(error).split())}") from None
    return launcher
