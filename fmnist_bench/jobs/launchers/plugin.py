"""`hydra/launcher=joblib` and other plugins of Hydra: they call a function with a config."""

import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import hydra
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import CONTINUES, Outcome, earlier_outcome, run_job
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.progress import Progress
from fmnist_bench.records.spec import Spec, read_spec

_CONFIG = "fmnist_bench_job"


@dataclass(frozen=True)
class PluginLauncher:
    """`words` choose and set the plugin, as on Hydra's command line.

    A plugin composes a config for each job anew; here that config holds nothing but the
    folder of a run whose spec lies there already.
    """

    words: tuple[str, ...]
    here: bool = True

    def launch(
        self, specs: Sequence[Spec], progress: Progress, started: Processes
    ) -> Generator[Outcome, None, None]:
        for spec in specs:
            spec.write()
        folders = ",".join(f"'{spec.folder}'" for spec in specs)
        ConfigStore.instance().store(name=_CONFIG, node={"folder": "???"})
        quiet = ("hydra/job_logging=none", "hydra/hydra_logging=none", "hydra.output_subdir=null")
        before = sys.argv
        with TemporaryDirectory() as scratch:  # Hydra leaves a multirun.yaml there
            place = (f"hydra.sweep.dir={scratch}", "hydra.sweep.subdir=.")
            sys.argv = ["fmnist-bench", "-m", f"folder={folders}", *self.words, *quiet, *place]
            try:
                hydra.main(version_base="1.3", config_path=None, config_name=_CONFIG)(_run)()
            except SystemExit as end:
                raise BenchError(
                    f"{' '.join(self.words)}: the launcher ended with {end.code}"
                ) from None
            finally:
                sys.argv = before
        for spec in specs:
            outcome = earlier_outcome(spec) or Outcome(spec, "interrupted", CONTINUES)
            if outcome.state == "done before":
                outcome = Outcome(spec, "trained", outcome.detail, outcome.seconds)
            progress.ended(outcome, aloud=True)
            yield outcome


def _run(config: DictConfig) -> None:
    run_job(read_spec(Path(config.folder)))
