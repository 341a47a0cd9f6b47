"""What a launcher is."""

from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from typing import Protocol

from fmnist_bench.jobs.job import Outcome, earlier_outcome, record_failure
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.progress import Progress
from fmnist_bench.records.record import Reason
from fmnist_bench.records.spec import Spec


class Launcher(Protocol):
    """Runs jobs: each in one call of `run_job`, here or on another machine.

    Machines share the folders of outputs and data; nothing else need reach them.
    """

    @property
    def here(self) -> bool:
        """Whether the jobs run on the devices of this machine."""

    def launch(
        self, specs: Sequence[Spec], progress: Progress, started: Processes
    ) -> Generator[Outcome, None, None]:
        """Run all `specs` and yield each outcome when its job has ended.

        `started` starts jobs of this process on this machine; other processes and machines
        start their own.

        However it is left, by an error, by Ctrl-C or closed, the jobs that run are told to
        stop and have stopped. Ctrl-C again ends them at once.

        Raises:
            BenchError: the engine cannot be reached or refused its settings.
            KeyboardInterrupt: after the running jobs have stopped.
        """
        ...


def lost(spec: Spec, reason: Reason, error: str) -> Outcome:
    """Return the outcome of a job whose launcher lost it: its record, or a failed one."""
    recorded = earlier_outcome(spec)
    if recorded is not None and recorded.ok:
        return recorded
    now = datetime.now(UTC)
    return record_failure(spec, now, reason, " ".join(error.split()))
