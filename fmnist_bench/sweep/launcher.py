"""Hydra's launcher for multirun: freeze every job first, then run each in its own process."""

from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from fmnist_bench.config.freeze import freeze


class ProcessLauncher(Launcher):
    """Composes all jobs of a sweep before the first one starts.

    A change in conf/ during the sweep therefore does not reach the later jobs. The task
    function is called once, with the list of all frozen configs under the key `jobs`.
    """

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self._context, self._task, self._config = hydra_context, task_function, config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        loader = self._context.config_loader
        jobs: list[dict[str, Any]] = []
        for overrides in job_overrides:
            composed = loader.load_sweep_config(self._config, list(overrides))
            OmegaConf.set_readonly(composed, True)
            jobs.append(freeze(_without_hydra(composed)))
        self._task(OmegaConf.create({"jobs": jobs}))
        return []


def _without_hydra(config: DictConfig) -> DictConfig:
    keys = [str(key) for key in config if key != "hydra"]
    return OmegaConf.masked_copy(config, keys)
