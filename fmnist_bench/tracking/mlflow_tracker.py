"""logger=mlflow: a store in the outputs folder, or an MLflow server."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from fmnist_bench.tracking.about import About
from fmnist_bench.tracking.ending import Ending
from fmnist_bench.tracking.tracker import Figures, Tracker


@dataclass(kw_only=True, eq=False)
class MlflowTracker(Tracker):
    """Mirrors a run into MLflow; found again by a tag with the run's identity.

    conf/logger/mlflow.yaml explains the keys.
    """

    experiment: str
    tracking_uri: str | None
    upload_seconds: float

    apart = True
    package = "mlflow"

    def __post_init__(self) -> None:
        """Raise BenchError if mlflow is not installed."""
        super().__init__()
        self._uri = self.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
        if self._uri is not None and self._uri.startswith(("http:", "https:")):
            self.patience = self.upload_seconds

    def start(self, about: About) -> None:
        # Before the import. It reports its use to its makers unless told not to, takes a folder
        # as store only when asked twice, and tries a dead server for minutes.
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(max(1, int(self.patience))))
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        from mlflow import MlflowClient

        outputs = about.folder.parent.parent
        uri = self._uri or f"sqlite:///{outputs / 'mlflow.db'}"
        # Of several jobs at once, one makes the tables.
        with FileLock(outputs / ".mlflow.lock"):
            self._client: Any = MlflowClient(uri)
            experiment = self._experiment_id(uri, outputs)
        same = f"tags.identity = '{about.identity}'"
        found = self._client.search_runs([experiment], same, max_results=1)
        self._run: str = found[0].info.run_id if found else self._created(experiment, about)
        history = self._client.get_metric_history(self._run, "epoch")
        self._known = {metric.step for metric in history}
        if found:
            self._client.update_run(self._run, status="RUNNING")
        if found and "error" in found[0].data.tags:
            self._client.delete_tag(self._run, "error")

    def epochs(self, figures: Sequence[Figures]) -> None:
        for each in figures:
            if int(each["epoch"]) not in self._known:
                self._metrics(each, int(each["epoch"]))

    def done(self, ending: Ending) -> None:
        for name, value in ending.summary.items():
            if isinstance(value, int | float):
                self._metrics({f"final/{name}": value}, 0)
            else:
                name = "mlflow.source.git.commit" if name == "git_commit" else name
                self._client.set_tag(self._run, name, value)
        for path in ending.files:
            self._client.log_artifact(self._run, str(path))
        self._client.set_terminated(self._run, "FINISHED")

    def failed(self, error: str, *, interrupted: bool) -> None:
        self._client.set_tag(self._run, "error", error)
        self._client.set_terminated(self._run, "KILLED" if interrupted else "FAILED")

    def _experiment_id(self, uri: str, outputs: Path) -> str:
        found = self._client.get_experiment_by_name(self.experiment)
        if found is not None:
            return str(found.experiment_id)
        # A database keeps no files; without this they would go below the working directory.
        files = (outputs / "mlflow").as_uri() if uri.startswith("sqlite:") else None
        return str(self._client.create_experiment(self.experiment, artifact_location=files))

    def _created(self, experiment: str, about: About) -> str:
        from mlflow.entities import Param

        tags = {"identity": about.identity, "group": about.group, "job_type": about.job_type}
        run = self._client.create_run(experiment, tags=tags, run_name=about.name).info.run_id
        params = [Param(key, str(value)) for key, value in _leaves(about.config).items()]
        self._client.log_batch(run, params=params)
        return str(run)

    def _metrics(self, figures: Figures, step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(name, value, now, step) for name, value in figures.items()]
        self._client.log_batch(self._run, metrics=metrics)


def _leaves(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of `config` by their dotted keys."""
    leaves: dict[str, Any] = {}
    for key, value in config.items():
        inner = isinstance(value, Mapping)
        leaves |= _leaves(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return leaves
