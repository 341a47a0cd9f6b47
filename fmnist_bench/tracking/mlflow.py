"""logger=mlflow: a store in the outputs folder, or an MLflow server."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from filelock import FileLock

from fmnist_bench.tracking.packages import require
from fmnist_bench.tracking.tracker import LOCAL_PATIENCE, About, Figures

if TYPE_CHECKING:
    from fmnist_bench.tracking.ending import Ending

STORE = "mlflow.db"
IDENTITY_TAG = "identity"
_BATCH = 100  # parameters that one call takes


class MlflowTracker:
    """Mirrors a run into MLflow; found again by a tag with the run's identity."""

    later: ClassVar[str] = "the record has the figures"

    def __init__(self, *, experiment: str, tracking_uri: str | None, upload_seconds: float) -> None:
        """Take conf/logger/mlflow.yaml; raise BenchError if mlflow is not installed."""
        require("mlflow")
        self._experiment, self._upload_seconds = experiment, upload_seconds
        self._uri = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
        self._client: Any = None
        self._run = ""
        self._known: set[int] = set()

    @property
    def patience(self) -> float:
        remote = self._uri is not None and self._uri.startswith(("http:", "https:"))
        return self._upload_seconds if remote else LOCAL_PATIENCE

    def start(self, about: About, earlier: Sequence[Figures]) -> None:
        # Before the import: it reports its use to its makers unless told not to, and takes
        # a folder as store only when asked twice.
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        from mlflow import MlflowClient

        outputs = about.folder.parent.parent
        uri = self._uri or f"sqlite:///{outputs / STORE}"
        # Of several jobs at once, one makes the tables.
        with FileLock(outputs / ".mlflow.lock"):
            self._client = MlflowClient(uri)
            experiment = self._experiment_id(uri, outputs)
        self._run = self._opened(experiment, about)
        history = self._client.get_metric_history(self._run, "epoch")
        self._known = {metric.step for metric in history}
        for figures in earlier:
            self.epoch(figures)

    def epoch(self, figures: Figures) -> None:
        step = int(figures["epoch"])
        if step not in self._known:
            self._log_metrics(figures, step)

    def done(self, ending: "Ending") -> None:
        from fmnist_bench.tracking.pictures import confusion_picture, hardest_picture

        summary = ending.summary
        numbers = {k: v for k, v in summary.items() if isinstance(v, int | float)}
        self._log_metrics({f"final/{name}": value for name, value in numbers.items()}, 0)
        for name in summary.keys() - numbers.keys():
            self._client.set_tag(self._run, name, str(summary[name]))
        if ending.confusion is not None:
            table = {"classes": ending.class_names, "counts": ending.confusion.tolist()}
            self._client.log_dict(self._run, table, "confusion_matrix.json")
            picture = confusion_picture(ending.confusion)
            self._client.log_image(self._run, picture, "confusion_matrix.png")
        hardest = hardest_picture(ending.hardest)
        if hardest is not None:
            self._client.log_image(self._run, hardest, "hardest_images.png")
        weights = () if ending.weights is None else (ending.weights,)
        for path in (*ending.evidence, *weights):
            self._client.log_artifact(self._run, str(path))
        self._client.set_terminated(self._run, "FINISHED")

    def failed(self, error: str, *, interrupted: bool) -> None:
        self._client.set_tag(self._run, "error", error)
        self._client.set_terminated(self._run, "KILLED" if interrupted else "FAILED")

    def _experiment_id(self, uri: str, outputs: Path) -> str:
        found = self._client.get_experiment_by_name(self._experiment)
        if found is not None:
            return str(found.experiment_id)
        # A database keeps no files; without this they would go below the working directory.
        files = (outputs / "mlflow").as_uri() if uri.startswith("sqlite:") else None
        return str(self._client.create_experiment(self._experiment, artifact_location=files))

    def _opened(self, experiment: str, about: About) -> str:
        """Return the id of the run with this identity, made unless it is there, and running."""
        same = f"tags.{IDENTITY_TAG} = '{about.identity}'"
        found = self._client.search_runs([experiment], same, max_results=1)
        if found:
            run = str(found[0].info.run_id)
            self._client.update_run(run, status="RUNNING")
            if "error" in found[0].data.tags:
                self._client.delete_tag(run, "error")
            return run
        tags = {
            IDENTITY_TAG: about.identity,
            "group": about.group,
            "job_type": about.job_type,
            "mlflow.source.git.commit": str(about.config["git"]["commit"]),
        }
        created = self._client.create_run(experiment, tags=tags, run_name=about.name)
        run = str(created.info.run_id)
        self._log_params(run, about.config)
        return run

    def _log_params(self, run: str, config: Mapping[str, Any]) -> None:
        from mlflow.entities import Param

        params = [Param(key, str(value)) for key, value in _flat(config).items()]
        for start in range(0, len(params), _BATCH):
            self._client.log_batch(run, params=params[start : start + _BATCH])

    def _log_metrics(self, figures: Figures, step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(name, value, now, step) for name, value in figures.items()]
        self._client.log_batch(self._run, metrics=metrics)


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of `config` by their dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
