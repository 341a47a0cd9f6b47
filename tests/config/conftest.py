"""Every experiment, composed once."""

import hydra
import pytest
from omegaconf import DictConfig

from fmnist_bench.config.compose import Composer
from fmnist_bench.paths import conf_dir

Composed = dict[str, dict[str, DictConfig]]


@pytest.fixture(scope="session")
def experiments() -> Composed:
    """Experiment -> trainer (cpu, gpu) -> its config, with interpolations."""
    names = sorted(path.stem for path in (conf_dir() / "experiment").glob("*.yaml"))
    with Composer.ready():
        return {
            name: {
                trainer: hydra.compose("config", [f"experiment={name}", f"trainer={trainer}"])
                for trainer in ("cpu", "gpu")
            }
            for name in names
        }
