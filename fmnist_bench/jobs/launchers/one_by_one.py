"""`hydra/launcher=basic`, the default: one job after another, each with the whole machine."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from fmnist_bench.jobs.job import Outcome, run_job
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.progress import Progress
from fmnist_bench.records.spec import Spec


@dataclass(frozen=True)
class OneByOne:
    here: bool = True

    def launch(
        self, specs: Sequence[Spec], progress: Progress, started: Processes
    ) -> Generator[Outcome, None, None]:
        for spec in specs:
            progress.starting(spec)
            outcome = run_job(spec, started)
            progress.ended(outcome, aloud=False)
            yield outcome
