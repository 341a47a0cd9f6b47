"""The study's folder: Optuna's journal, kept whole through kills, and the runs of its trials."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import optuna
from filelock import FileLock, Timeout
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalStorage
from optuna.trial import TrialState

from fmnist_bench.config.build import build
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.check import refuse_unfit
from fmnist_bench.jobs.process import Processes
from fmnist_bench.search.tuning import Tuning

FILE_NAME = "study.journal"
_NAME = "tune"


def open_study(folder: Path) -> optuna.Study:
    """Open the study in `folder`, with the pruner of its search space.

    Raises:
        BenchError: it is none, or its file is damaged.
    """
    path = folder / FILE_NAME
    try:
        study = optuna.load_study(study_name=_NAME, storage=_storage(path))
        study.pruner = build(study.user_attrs["space"]["pruner"], "search.pruner")
    except (KeyError, ValueError, TypeError, AttributeError, OSError):
        advice = "name another folder with --study"
        raise BenchError(f"{path}: not a study of fmnist-bench tune; {advice}") from None
    return study


def begin_study(folder: Path, tuning: Tuning, digest: str) -> optuna.Study:
    """Open the study in `folder`, or begin it.

    Whoever calls this holds the study: what no process works on any more is queued again.

    Raises:
        BenchError: it is no study, or one of another space or of other overrides, or what the
            space leads to cannot be trained here.
    """
    path = folder / FILE_NAME
    if not path.exists():
        with Processes(fork=True) as started:
            refuse_unfit(tuning.probes(folder), started, here=True)
        create_study(folder, tuning, digest)
    study = open_study(folder)
    if study.user_attrs["digest"] != digest:
        raise BenchError(
            f"{path}: a study of another search space, with other overrides or data, or of an "
            f"older conf/ (begun as {study.user_attrs['words']}); name another folder with "
            "--study, or remove this one"
        )
    storage = _storage(path)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)
    return study


def create_study(folder: Path, tuning: Tuning, digest: str) -> None:
    """Begin a study in `folder` with the recipes that the space lists first.

    It is written aside and moved into place, so that there is no half-begun one.
    """
    new = folder / "study.new"
    new.unlink(missing_ok=True)
    study = optuna.create_study(study_name=_NAME, storage=_storage(new), direction="maximize")
    study.set_user_attr("space", tuning.space.model_dump(mode="json"))
    study.set_user_attr("digest", digest)
    study.set_user_attr("words", " ".join([f"search={tuning.name}", *tuning.overrides]))
    for recipe in tuning.space.first:
        study.enqueue_trial(recipe)
    new.replace(folder / FILE_NAME)


def seed_sampler(study: optuna.Study) -> None:
    """Give `study` the sampler of its space, seeded for the next draw.

    A stopped study goes on to draw what it would have drawn, unless trials ran side by side.
    """
    node = dict(study.user_attrs["space"]["sampler"])
    if isinstance(node.get("seed"), int):
        entropy = [node["seed"], len(study.get_trials(deepcopy=False))]
        node["seed"] = int(np.random.SeedSequence(entropy).generate_state(1)[0])
    study.sampler = build(node, "search.sampler")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the study in `folder` alone; the system frees it if the process dies.

    Raises:
        BenchError: another process holds it, or the folder cannot be written.
    """
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise BenchError(
            f"{folder}: another fmnist-bench tune works on it; --workers N trains side by side"
        ) from None
    except OSError as error:
        raise BenchError(f"{folder}: cannot be written ({error.strerror})") from None
    with lock:
        yield


class _JournalLock(JournalFileOpenLock):
    """Optuna's lock file outlives a killed process by 30 s; the system's lock does not.

    Holding it, what a process that was killed while writing left half of is cut off.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._path = path
        self._lock = FileLock(path.parent / ".journal.lock")

    def acquire(self) -> bool:
        with self._lock:
            with self._path.open("r+b") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
                if file.read() not in (b"", b"\n"):
                    file.seek(0)
                    file.truncate(file.read().rfind(b"\n") + 1)
            self._lock.acquire()  # a second time, to hold it beyond this block
        return True

    def release(self) -> None:
        self._lock.release()


def _storage(path: Path) -> JournalStorage:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return JournalStorage(JournalFileBackend(str(path), lock_obj=_JournalLock(path)))
