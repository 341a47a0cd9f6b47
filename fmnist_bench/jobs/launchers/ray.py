"""`hydra/launcher=ray`: jobs side by side on this machine or a cluster, on Ray."""

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from fmnist_bench.config.values import processes
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import CONTINUES, Outcome, run_job
from fmnist_bench.jobs.launchers.launcher import lost
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.progress import Progress
from fmnist_bench.records.environment import CORES_VARIABLE
from fmnist_bench.records.spec import Spec

_PATIENCE_SECONDS = 90  # for jobs that were told to stop; a little more than one waits for its own


@dataclass(frozen=True)
class RayLauncher:
    """`ray` has the arguments of ray.init under `init`, those of ray.remote under `remote`."""

    ray: dict[str, dict[str, Any]]

    @property
    def here(self) -> bool:
        return self.ray["init"].get("address") == "local"

    def launch(
        self, specs: Sequence[Spec], progress: Progress, started: Processes
    ) -> Generator[Outcome, None, None]:
        needs = [self._needs(spec) for spec in specs]
        ray = _start(self.ray["init"])
        try:
            _refuse_impossible(ray, specs, needs)
            references = {
                ray.remote(**self.ray["remote"] | need)(_run).remote(spec, _cores(need)): spec
                for spec, need in zip(specs, needs, strict=True)
            }
            yield from _outcomes(ray, references, progress)
        finally:
            ray.shutdown()

    def _needs(self, spec: Spec) -> dict[str, float]:
        trainer = spec.config["trainer"]
        if isinstance(trainer["devices"], list):
            raise BenchError("trainer.devices: Ray chooses the devices; give their number")
        devices = processes(spec.config)
        on_gpus = trainer["accelerator"] not in ("cpu", "mps")
        gpus = self.ray["remote"].get("num_gpus")
        gpus = float(on_gpus) if gpus is None else gpus
        if devices > 1 and gpus % 1:
            raise BenchError(
                f"hydra.launcher.ray.remote.num_gpus={gpus}: {spec.name} trains on {devices} "
                "devices, and only a job on one device can share it"
            )
        return {"num_cpus": self.ray["remote"]["num_cpus"] * devices, "num_gpus": gpus * devices}


def _run(spec: Spec, cores: int) -> Outcome:
    os.environ[CORES_VARIABLE] = str(cores)
    return run_job(spec)


def _cores(need: dict[str, float]) -> int:
    return max(1, int(need["num_cpus"]))


def _start(arguments: dict[str, Any]) -> Any:
    # Ray asks about these on the terminal, or sends statistics to its makers.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise BenchError(
            "hydra/launcher=ray: Ray is not installed; pip install 'fmnist-bench[ray]', "
            "in a clone scripts/setup ray"
        ) from None
    try:
        ray.init(**arguments)
    except (ConnectionError, RuntimeError, ValueError, TypeError) as error:
        raise BenchError(f"hydra.launcher.ray.init: {' '.join(str(error).split())}") from None
    return ray


def _refuse_impossible(ray: Any, specs: Sequence[Spec], needs: Sequence[dict[str, float]]) -> None:
    """Refuse what Ray would queue for ever: a job that no machine has the devices for."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    for spec, need in zip(specs, needs, strict=True):
        for key, resource in (("num_cpus", "CPU"), ("num_gpus", "GPU")):
            most = max((machine.get(resource, 0) for machine in machines), default=0)
            if need[key] > most:
                raise BenchError(
                    f"hydra.launcher.ray.remote.{key}: {spec.name} asks for {need[key]:g}, "
                    f"and no machine of this Ray has more than {most:g}"
                )


def _outcomes(
    ray: Any, waiting: dict[Any, Spec], progress: Progress
) -> Generator[Outcome, None, None]:
    try:
        while waiting:
            ready, _ = ray.wait(list(waiting), num_returns=1)
            outcome = _outcome(ray, ready[0], waiting[ready[0]])
            del waiting[ready[0]]
            progress.ended(outcome, aloud=True)
            yield outcome
    finally:
        for reference in reversed(waiting):  # so that none starts in the place of another
            ray.cancel(reference)  # a KeyboardInterrupt inside run_job
        if waiting:
            ray.wait(list(waiting), num_returns=len(waiting), timeout=_PATIENCE_SECONDS)


def _outcome(ray: Any, reference: Any, spec: Spec) -> Outcome:
    try:
        outcome: Outcome = ray.get(reference)
        return outcome
    except ray.exceptions.TaskCancelledError:
        return Outcome(spec, "interrupted", CONTINUES)
    except ray.exceptions.OutOfMemoryError as error:
        return lost(spec, "out of memory", f"ended by Ray: {error}")
    except ray.exceptions.RayTaskError as error:
        return lost(spec, "error", str(error.cause))
    except ray.exceptions.RayError as error:
        return lost(spec, "killed", f"lost by Ray: {type(error).__name__}: {error}")
