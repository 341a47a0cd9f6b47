"""A process that works on a study: `python -m fmnist_bench.search.worker JOB`."""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import run_job
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.search import child
from fmnist_bench.search.handover import hand_over, take_back
from fmnist_bench.search.objective import work_on
from fmnist_bench.search.recipe import Tuning, conf_digest
from fmnist_bench.search.study import open_study, space_of
from fmnist_bench.search.trials import claim

INTERRUPTED = 130
_BUSY_SECONDS = 1.0


@dataclass(frozen=True)
class Job:
    """What a worker is started with; paths as text, so that it travels as JSON."""

    study: str
    folder: str
    data_folder: str
    data_digest: str
    trials: int

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def main(job: Job) -> int:
    """Work on trials until all are handed out.

    Raises:
        BenchError: conf/ was edited meanwhile, so that later trials would be other recipes.
        KeyboardInterrupt: the trial in work was stopped, and can be claimed again.
    """
    path = Path(job.study)
    study = open_study(path)
    tuning = Tuning(
        name=study.user_attrs["name"],
        space=space_of(study, path),
        overrides=tuple(study.user_attrs["overrides"]),
        folder=Path(job.folder),
        data_folder=Path(job.data_folder),
        data_digest=job.data_digest,
    )
    conf = conf_digest()
    while (claimed := claim(path, tuning.space, job.trials)) is not None:
        work_on(path, claimed, tuning, lambda spec, trial: train(spec, path, trial))
        if conf != (conf := conf_digest()) and tuning.base_hash() != study.user_attrs["base_hash"]:
            raise BenchError(
                "conf/ was edited so that the trials to come would be other recipes than those "
                "before; undo that, or begin another study"
            )
    return 0


def train(spec: Spec, study: Path, trial: int | None) -> Record:
    """Train `spec` in a process of its own, unless it was trained before; return its record.

    With `trial`, that trial of `study` may prune it. Only the record and the log are kept.

    Raises:
        KeyboardInterrupt: the run was told to stop, and can be continued.
    """
    if trial is None:
        take_back(spec.folder)
    else:
        hand_over(spec.folder, study, trial)
    # The process of a worker that was killed a moment ago may be about to end.
    while (outcome := run_job(spec, child.MODULE)).state == "busy":
        time.sleep(_BUSY_SECONDS)
    if outcome.state == "interrupted":
        raise KeyboardInterrupt
    take_back(spec.folder)
    for pattern in ("*.ckpt", "weights.safetensors"):
        for file in spec.folder.glob(pattern):
            file.unlink(missing_ok=True)
    return read_record(spec.folder)


def _end_with_parent() -> None:
    """Stop as if by Ctrl-C when the pipe closes that the `tune` command holds open."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        sys.exit(main(Job(**json.loads(sys.argv[1]))))
    except BenchError as error:
        sys.exit(f"fmnist-bench: {error}")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
