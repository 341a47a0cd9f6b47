"""`hydra/launcher=slurm`: every job a Slurm job, through submitit."""

import os
import time
from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist_bench.config.values import processes
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import CONTINUES, Outcome, run_job
from fmnist_bench.jobs.launchers.launcher import lost
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.progress import Progress
from fmnist_bench.records.environment import CORES_VARIABLE
from fmnist_bench.records.record import Reason
from fmnist_bench.records.spec import Spec

_POLL_SECONDS = 1.0  # looks at files; submitit asks Slurm itself at most once a minute
_PATIENCE_SECONDS = 90
_REASONS: dict[str, Reason] = {"OUT_OF_MEMORY": "out of memory", "TIMEOUT": "time limit"}


@dataclass(frozen=True)
class SlurmLauncher:
    """Submits one array of jobs for each number of devices.

    Args:
        cluster: slurm, or local for processes of this machine.
        folder: for submitit's scripts, pickles and logs; seen by every machine.
        init: further arguments of submitit.AutoExecutor.
        parameters: arguments of its update_parameters; null ones are left out.
    """

    cluster: str
    folder: str
    init: dict[str, Any]
    parameters: dict[str, Any]

    @property
    def here(self) -> bool:
        return self.cluster == "local"

    def launch(
        self, specs: Sequence[Spec], progress: Progress, started: Processes
    ) -> Generator[Outcome, None, None]:
        waiting: dict[Any, Spec] = {}
        try:
            for parameters, alike in self._arrays(specs):
                waiting.update(self._submit(parameters, alike))
            while waiting:
                for job in [job for job in waiting if job.done()]:
                    outcome = _outcome(job, waiting.pop(job))
                    progress.ended(outcome, aloud=True)
                    yield outcome
                time.sleep(_POLL_SECONDS if waiting else 0)
        finally:
            _cancel(list(waiting))

    def _arrays(self, specs: Sequence[Spec]) -> list[tuple[dict[str, Any], list[Spec]]]:
        """Group `specs` by what they ask of a machine, since one array asks for one thing."""
        arrays: defaultdict[tuple[int, int], list[Spec]] = defaultdict(list)
        for spec in specs:
            on_gpus = spec.config["trainer"]["accelerator"] not in ("cpu", "mps")
            devices = processes(spec.config)
            arrays[devices, devices * on_gpus].append(spec)
        given = {key: value for key, value in self.parameters.items() if value is not None}
        return [
            (
                {"gpus_per_node": gpus}
                | given
                | {"cpus_per_task": given.get("cpus_per_task", 1) * devices},
                alike,
            )
            for (devices, gpus), alike in arrays.items()
        ]

    def _submit(self, parameters: dict[str, Any], specs: Sequence[Spec]) -> dict[Any, Spec]:
        try:
            import submitit
        except ImportError:
            raise BenchError(
                "hydra/launcher=slurm: submitit is not installed; "
                "pip install 'fmnist-bench[slurm]', in a clone scripts/setup slurm"
            ) from None
        try:
            folder = Path(self.folder).absolute()
            executor = submitit.AutoExecutor(folder, cluster=self.cluster, **self.init)
            executor.update_parameters(**parameters)
            jobs = executor.map_array(_Job(parameters["cpus_per_task"]), specs)
        except submitit.core.utils.FailedJobError as error:
            raise BenchError(f"sbatch refused the jobs: {' '.join(str(error).split())}") from None
        except (RuntimeError, ValueError, NameError, AssertionError, OSError) as error:
            raise BenchError(f"hydra.launcher: {' '.join(str(error).split())}") from None
        return dict(zip(jobs, specs, strict=True))


class _Job:
    """What submitit calls on the machine of a job."""

    def __init__(self, cores: int) -> None:
        self._cores = cores

    def __call__(self, spec: Spec) -> Outcome:
        os.environ[CORES_VARIABLE] = str(self._cores)
        return run_job(spec)

    def checkpoint(self, spec: Spec) -> Any:
        """Called by submitit before the job is preempted or out of time: queue it again."""
        import submitit

        return submitit.helpers.DelayedSubmission(self, spec)


def _outcome(job: Any, spec: Spec) -> Outcome:
    error = job.exception()
    if error is None:
        outcome: Outcome = job.result()
        return outcome
    state = str(job.state).split()[0]  # "CANCELLED by 1000"
    if state == "CANCELLED":
        return Outcome(spec, "interrupted", CONTINUES)
    text = f"Slurm job {job.job_id} ended as {state} and returned nothing; see {job.paths.stderr}"
    return lost(spec, _REASONS.get(state, "killed"), text)


def _cancel(jobs: Sequence[Any]) -> None:
    for job in jobs:
        job.cancel(check=False)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and not all(job.done() for job in jobs):
        time.sleep(_POLL_SECONDS)
