"""The workers of one `tune` command, and what they achieve while they do."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial

from fmnist_bench.records.environment import CORES_VARIABLE, cores
from fmnist_bench.search.report import trial_line
from fmnist_bench.search.study import open_study
from fmnist_bench.search.trials import counting
from fmnist_bench.search.worker import Job

_POLL_SECONDS = 0.2


@dataclass
class Crew:
    """Starts `workers` processes on a study and tells each trial that ends.

    A first Ctrl-C lets the running jobs stop where they can go on from, a second ends them.
    """

    job: Job
    workers: int
    say: Callable[[str], None]
    _told: set[int] = field(default_factory=set)

    def run(self) -> bool:
        """Return whether every worker ended as it should.

        Raises:
            KeyboardInterrupt: after all workers have stopped.
        """
        study = open_study(Path(self.job.study))  # reads on from where it was, each time
        self._told = {trial.number for trial in _ended(study)}
        crew = [self._start(number) for number in range(1, self.workers + 1)]
        interrupted = False
        while True:
            try:
                running = [process for process in crew if process.poll() is None]
                self._tell_ended(study)
                if not running:
                    break
                time.sleep(_POLL_SECONDS)
            except KeyboardInterrupt:
                interrupted = True
                for process in crew:
                    if process.poll() is None:
                        process.send_signal(signal.SIGINT)
        for process in crew:
            assert process.stdin is not None
            process.stdin.close()
        if interrupted:
            raise KeyboardInterrupt
        for number, process in enumerate(crew, start=1):
            if process.returncode:
                self.say(
                    f"worker {number} ended early with status {process.returncode}: "
                    f"{_last_line(self._log(number))}"
                )
        return not any(process.returncode for process in crew)

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        log = self._log(number)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "fmnist_bench.search.worker", self.job.to_json()],
                env={**os.environ, CORES_VARIABLE: str(max(1, cores() // self.workers))},
                # The worker stops when this pipe closes, however this process ends.
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                # The terminal's Ctrl-C comes once, through this process.
                process_group=0,
            )

    def _log(self, number: int) -> Path:
        return Path(self.job.folder) / f"worker-{os.getpid()}-{number}.log"

    def _tell_ended(self, study: optuna.Study) -> None:
        for trial in _ended(study):
            if trial.number not in self._told:
                self._told.add(trial.number)
                self.say(trial_line(trial, len(self._told), self.job.trials))


def _ended(study: optuna.Study) -> list[FrozenTrial]:
    trials = counting(study.get_trials(deepcopy=False))
    return [trial for trial in trials if trial.state.is_finished()]


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return f"{lines[-1] if lines else 'no word'} (see {log})"
