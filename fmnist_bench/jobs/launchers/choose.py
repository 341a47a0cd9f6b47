"""From the config group hydra/launcher to a launcher."""

from collections.abc import Sequence

from hydra.errors import HydraException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from fmnist_bench.config.values import processes
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.launchers.launcher import Launcher
from fmnist_bench.jobs.launchers.local import LocalLauncher, at_once
from fmnist_bench.jobs.launchers.one_by_one import OneByOne
from fmnist_bench.jobs.launchers.plugin import PluginLauncher
from fmnist_bench.records.spec import Spec

_BASIC = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"
_OURS = "fmnist_bench.jobs.launchers."


def usual_launcher(specs: Sequence[Spec]) -> Launcher:
    """Return what runs `specs` if nobody says: side by side where that pays and costs nothing.

    That is where every net trains on fewer threads than this machine has cores, so that it
    ends with the same bits, there are jobs for two rounds, and none is timed.
    """
    configs = [spec.config for spec in specs]
    threads = all(config["speed"]["threads"] for config in configs)
    on_cpu = all(config["trainer"]["accelerator"] == "cpu" for config in configs)
    alone = any(processes(each) > 1 or each["warm_up_steps"] is not None for each in configs)
    if threads and on_cpu and not alone and len(configs) >= 2 * (size := at_once(configs)) > 2:
        return LocalLauncher(size)
    return OneByOne()


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
