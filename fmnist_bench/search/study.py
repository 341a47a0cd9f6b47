"""The study's file: Optuna's journal, kept whole through kills and shared by processes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from filelock import BaseFileLock, FileLock
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalStorage

from fmnist_bench.errors import BenchError
from fmnist_bench.search.recipe import Tuning
from fmnist_bench.search.space import Pruner, Space, parse_space

NAME = "tune"


def open_study(path: Path) -> optuna.Study:
    """Open the study in `path`, with the pruner of its search space.

    Raises:
        BenchError: the file is missing or no study.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if not path.is_file():
        raise BenchError(f"{path}: no file; name the study's file with --study")
    try:
        study = optuna.load_study(
            study_name=NAME, storage=_storage(path, path), sampler=RandomSampler()
        )
        study.pruner = _pruner(space_of(study, path).pruner)
    except (KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        raise _not_a_study(path) from error
    return study


def create_study(path: Path, tuning: Tuning, base_hash: str) -> optuna.Study:
    """Open the study in `path`, or begin it with the recipes that the space lists first.

    `base_hash` is that of `tuning`, which takes seconds to compose.

    Raises:
        BenchError: the file is no study, or one of another space or of other overrides.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with lock(path, "study"):
        if not path.exists() or path.stat().st_size == 0:
            _begin(path, tuning, base_hash)
    study = open_study(path)
    begun = study.user_attrs
    advice = "name another file with --study, or remove this one"
    if begun["space_hash"] != tuning.space_hash:
        raise BenchError(f"{path}: a study of another search space ({begun['name']}); {advice}")
    if begun["base_hash"] != base_hash:
        raise BenchError(
            f"{path}: a study with other overrides ({' '.join(begun['overrides'])}), other data "
            f"or an older conf/; {advice}"
        )
    return study


def space_of(study: optuna.Study, path: Path) -> Space:
    """Return the search space that `study` was begun with."""
    return parse_space(study.user_attrs["space"], str(path))


def sampler(space: Space, trials: int) -> BaseSampler:
    """Return the sampler for the draw after `trials` others.

    Seeded by that number, a killed study goes on to draw what it would have drawn, and two
    workers never draw alike.
    """
    seed = int(np.random.SeedSequence([space.sampler_seed, trials]).generate_state(1)[0])
    return RandomSampler(seed) if space.sampler == "random" else TPESampler(seed=seed)


def report_epoch(path: Path, number: int, epoch: int, accuracy: float) -> bool:
    """Report a trial's validation accuracy after `epoch` (from 1); return whether to prune it."""
    study = open_study(path)
    frozen = study.get_trials(deepcopy=False)[number]
    if frozen.state.is_finished():
        return False
    trial = live_trial(study, number)
    # A run that was killed trains its last epoch again.
    if epoch not in frozen.intermediate_values:
        trial.report(accuracy, epoch)
    return trial.should_prune()


def live_trial(study: optuna.Study, number: int) -> optuna.trial.Trial:
    """Return the unfinished trial `number`, to report to or to set attributes of."""
    return optuna.trial.Trial(study, study.get_trials(deepcopy=False)[number]._trial_id)


@contextmanager
def lock(path: Path, name: str, timeout: float = -1) -> Iterator[BaseFileLock]:
    """Hold the lock `name` of the study in `path`; the system frees it if the process dies.

    Raises:
        filelock.Timeout: another process holds it for longer than `timeout` seconds.
        BenchError: the folder cannot be written.
    """
    held = lock_file(path, name)
    with held.acquire(timeout):
        yield held


def lock_file(path: Path, name: str) -> BaseFileLock:
    """Return the lock `name` of the study in `path`, not held yet."""
    folder = path.parent / f".{path.name}.locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BenchError(f"{folder}: cannot be written ({error.strerror})") from None
    return FileLock(folder / f"{name}.lock")


class _JournalLock(JournalFileOpenLock):
    """Optuna's lock file outlives a killed process by 30 s; the system's lock does not.

    Holding it, what a process that was killed while writing left half of is cut off.
    """

    def __init__(self, path: Path, study: Path) -> None:
        super().__init__(str(path))
        self._path = path
        self._lock = lock_file(study, "journal")

    def acquire(self) -> bool:
        self._lock.acquire()
        _cut_half_line(self._path)
        return True

    def release(self) -> None:
        self._lock.release()


def _cut_half_line(path: Path) -> None:
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        if end == 0:
            return
        file.seek(end - 1)
        if file.read(1) != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)


def _storage(path: Path, study: Path) -> JournalStorage:
    """Return the storage of `study` in its file, or in the one it is begun in."""
    return JournalStorage(JournalFileBackend(str(path), lock_obj=_JournalLock(path, study)))


def _begin(path: Path, tuning: Tuning, base_hash: str) -> None:
    """Write the study aside and move it into place, so that there is no half-begun one."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    study = optuna.create_study(study_name=NAME, storage=_storage(new, path), direction="maximize")
    content: dict[str, Any] = {
        "name": tuning.name,
        "space": tuning.space.model_dump(mode="json"),
        "overrides": list(tuning.overrides),
        "space_hash": tuning.space_hash,
        "base_hash": base_hash,
    }
    for key, value in content.items():
        study.set_user_attr(key, value)
    for recipe in tuning.space.first:
        study.enqueue_trial(recipe)
    new.replace(path)


def _not_a_study(path: Path) -> BenchError:
    return BenchError(f"{path}: not a study of fmnist-bench tune; name another file with --study")


def _pruner(settings: Pruner) -> BasePruner:
    if settings.name == "median":
        return MedianPruner(settings.startup_trials, settings.warmup_epochs)
    if settings.name == "asha":
        return SuccessiveHalvingPruner(
            min_resource=settings.warmup_epochs, reduction_factor=settings.reduction_factor
        )
    return NopPruner()
