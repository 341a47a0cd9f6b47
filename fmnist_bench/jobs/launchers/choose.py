"""From the config group hydra/launcher to a launcher."""

from hydra.errors import HydraException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.launchers.launcher import Launcher
from fmnist_bench.jobs.launchers.one_by_one import OneByOne
from fmnist_bench.paths import conf_dir

_BASIC = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"
_OURS = "fmnist_bench.jobs.launchers."


def launcher_of(settings: DictConfig) -> Launcher:
    """Return the launcher that the config node `settings` (hydra.launcher) describes.

    Hydra's own plugins are not used: they compose every config anew where it runs, and the
    first job that is lost ends their sweep.

    Raises:
        BenchError: it is a plugin's, or its settings do not fit.
    """
    target = settings.get("_target_")
    if target == _BASIC:
        return OneByOne()
    if not str(target).startswith(_OURS):
        ours = sorted(path.stem for path in (conf_dir() / "hydra" / "launcher").glob("*.yaml"))
        raise BenchError(
            f"hydra/launcher: {target} is no launcher of this suite; "
            f"choose from basic, {', '.join(ours)}"
        )
    plain = OmegaConf.to_container(settings, resolve=True)
    try:
        launcher: Launcher = instantiate(plain, _convert_="all")
    except HydraException as error:
        raise BenchError(f"hydra.launcher: {' '.join(str(error).split())}") from None
    return launcher
