"""Trials at the same time: a thread waits for each, and its runs have processes of their own."""

import contextlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import FrameType

import optuna
from optuna.trial import FrozenTrial

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import run_job
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.stoppable import Stoppable
from fmnist_bench.jobs.worker import STOPPED
from fmnist_bench.records.environment import CORES_VARIABLE, cores
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.search.objective import Objective
from fmnist_bench.search.report import ended, trial_line
from fmnist_bench.search.study import seed_sampler
from fmnist_bench.search.tuning import Tuning, conf_digest

RUN = "fmnist_bench.search.judged_run"
_BUSY_SECONDS = 1.0


class Stopped(BaseException):
    """The user stopped the search. No Exception, for which Optuna would fail the trial."""


@dataclass
class Crew:
    """`workers` at the study in `folder`, which tunes `tuning`; `say` is told of each trial.

    A first Ctrl-C lets the running jobs stop where they can go on from, a second ends them.
    """

    tuning: Tuning
    folder: Path
    workers: int
    say: Callable[[str], None]
    _stop: Event = field(default_factory=Event)
    _processes: Processes = field(default_factory=lambda: Processes(fork=False))

    def work(self, study: optuna.Study, trials: int) -> None:
        """Train until `trials` trials have ended.

        Raises:
            BenchError: conf/ was edited meanwhile, so that later trials would be other recipes.
            KeyboardInterrupt: the trials in work were stopped, and can be taken up again.
        """
        conf = conf_digest()
        os.environ[CORES_VARIABLE] = str(max(1, cores() // self.workers))

        def after(study: optuna.Study, trial: FrozenTrial) -> None:
            self.say(trial_line(trial, len(ended(study)), trials))
            seed_sampler(study)
            if conf_digest() != conf and self.tuning.digest() != study.user_attrs["digest"]:
                raise BenchError(
                    "conf/ was edited so that the trials to come would be other recipes than "
                    "those before; undo that, or begin another study"
                )

        seed_sampler(study)
        with contextlib.ExitStack() as stack:
            stack.callback(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, self._end))
            forked = stack.enter_context(Processes(fork=True))
            self._processes = Stoppable(forked, self._stop)
            with contextlib.suppress(Stopped):
                study.optimize(
                    Objective(self.tuning, self.folder, self._train),
                    n_trials=trials - len(ended(study)),
                    n_jobs=self.workers,
                    catch=(BenchError,),
                    callbacks=[after],
                )
        if self._stop.is_set():
            raise KeyboardInterrupt

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self._stop.is_set():
            os._exit(STOPPED)  # all runs end with this process
        self._stop.set()

    def _train(self, spec: Spec) -> Record:
        """Train `spec`, unless that was done before; only its record and log are kept."""
        with contextlib.suppress(BenchError):
            return read_record(spec.folder)
        try:
            # The process of a search that was killed a moment ago may be about to end.
            while (outcome := run_job(spec, self._processes, RUN)).state == "busy":
                if self._stop.wait(_BUSY_SECONDS):
                    raise Stopped
        except KeyboardInterrupt:
            raise Stopped from None
        if outcome.state == "interrupted":
            raise Stopped
        for pattern in ("*.ckpt", "weights.safetensors"):
            for file in spec.folder.glob(pattern):
                file.unlink(missing_ok=True)
        return read_record(spec.folder)
