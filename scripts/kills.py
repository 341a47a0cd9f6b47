"""Kill commands at random moments, start them again, and compare with what nobody disturbed.

    .venv/bin/python scripts/kills.py --kills 20 [--seed 0] [--only run sweep ddp study]

Each kill starts one of `KINDS` in a folder of its own below a temporary one, sends SIGKILL to the
command or to one of its processes at a moment drawn from the time that it takes, and sees that
nothing it started is left after `ORPHANS` seconds. The same command then has to end well, with the
weights and predictions of the undisturbed one, to the bit. Half of the kills wait for a checkpoint
that is being written. Small made-up data, nothing on the network; prints a line for each, and
exits with 1 if any went wrong.
"""

import argparse
import hashlib
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from fmnist_bench.data.facts import FILE_NAMES

ORPHANS = 10.0
LONGEST = 600.0
SMALL = (
    *("trainer=cpu", "speed.threads=1", "trainer.enable_progress_bar=false", "logger=none"),
    *("data.verify=false", "protocol.validation=100", "batch_size=32"),
)
KINDS: dict[str, tuple[str, ...]] = {
    "run": ("train", *SMALL, "model=mlp", "epochs=40", "augment=crop_flip"),
    "sweep": ("train", "-m", *SMALL, "model=mlp", "epochs=15", "seed=0,1,2"),
    "ddp": (
        "train",
        *SMALL,
        "model=mlp",
        "epochs=20",
        "trainer=ddp",
        "trainer.devices=2",
        "trainer.accelerator=cpu",
    ),
    "study": ("tune", "search=cnn", *SMALL, "epochs=2", "--trials", "3"),
}


@dataclass(frozen=True)
class Kind:
    """A command that was once left alone: its words, seconds, and digests of what it left."""

    name: str
    words: tuple[str, ...]
    seconds: float
    files: dict[str, str]


def main() -> int:
    """Kill as often as asked; return 1 if anything was lost or left over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=list(KINDS), default=list(KINDS))
    options = parser.parse_args()
    draw, wrong = random.Random(options.seed), 0
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        home = Path(folder)
        data = made_up_data(home / "data")
        kinds = [undisturbed(name, home / name, data) for name in options.only]
        for number in range(options.kills):
            said = one_kill(kinds[number % len(kinds)], home / f"kill{number}", data, draw, number)
            wrong += "WRONG" in said
            print(f"{number + 1}/{options.kills} {said}", flush=True)
    print(f"{options.kills} kills, {wrong} went wrong")
    return 1 if wrong else 0


def made_up_data(folder: Path) -> Path:
    """Write idx files of 400 and 100 images."""
    folder.mkdir()
    stream = np.random.default_rng(0)
    for part, count in (("train", 400), ("test", 100)):
        labels = np.arange(count, dtype=np.uint8) % 10
        images = stream.integers(0, 255, (count, 28, 28), dtype=np.uint8)
        for what, array in (("images", images), ("labels", labels)):
            header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            (folder / FILE_NAMES[f"{part}_{what}"]).write_bytes(header + array.tobytes())
    return folder


def started(words: tuple[str, ...], outputs: Path, data: Path) -> "subprocess.Popen[bytes]":
    """Start the command with `words`; what it says goes to a file in `outputs`."""
    outputs.mkdir(exist_ok=True)
    where = [f"data.folder={data}", f"paths.outputs={outputs}"]
    where += ["--study", str(outputs / "study")] if words[0] == "tune" else []
    command = [sys.executable, "-m", "fmnist_bench", *words, *where]
    with (outputs / "said.log").open("ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def undisturbed(name: str, outputs: Path, data: Path) -> Kind:
    """Run a kind to its end."""
    begun = time.monotonic()
    status = started(KINDS[name], outputs, data).wait(LONGEST)
    if status:
        raise SystemExit(f"{name}: status {status}: {(outputs / 'said.log').read_text()[-2000:]}")
    return Kind(name, KINDS[name], time.monotonic() - begun, digests(outputs))


def digests(outputs: Path) -> dict[str, str]:
    """Return what runs left, by run and file."""
    names = ("weights.safetensors", "predictions.npz")
    found = (path for name in names for path in outputs.rglob(name))
    return {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in found
    }


def one_kill(kind: Kind, outputs: Path, data: Path, draw: random.Random, number: int) -> str:
    """Kill `kind` once, start it again, and say what came of it."""
    process = started(kind.words, outputs, data)
    moment = draw.uniform(0.1, 0.95) * kind.seconds
    writing = wait(process, outputs, moment, for_checkpoint=number % 2 == 1)
    family = [psutil.Process(process.pid), *children(process.pid)] if process.poll() is None else []
    target = draw.choice(family) if family else None
    known = {each.pid: each.create_time() for each in family}
    if target is not None:
        target.kill()
    if target is not None and target.pid != process.pid:
        process.wait(LONGEST)  # who is left finds out, and tells
    left = orphans(known) if target is not None and target.pid == process.pid else []
    process.wait(LONGEST)
    status = started(kind.words, outputs, data).wait(LONGEST)
    problems = [f"{len(left)} processes left"] if left else []
    if status and target is not None and target.pid != process.pid:
        # A run whose process was killed has failed, and is run again on request.
        status = started((*kind.words, "--retry-failed"), outputs, data).wait(LONGEST)
    problems += [f"status {status}"] if status else []
    problems += compared(kind, digests(outputs))
    whom = "one of its processes" if target and target.pid != process.pid else "the command"
    whom = whom if target else "nobody: it was faster"
    at = ", while a checkpoint was written" if writing else ""
    verdict = f"WRONG: {'; '.join(problems)}" if problems else "the same bits"
    return f"{kind.name}, after {moment:.1f} s{at}, {whom}: {verdict}"


def wait(
    process: "subprocess.Popen[bytes]", outputs: Path, seconds: float, *, for_checkpoint: bool
) -> bool:
    """Wait for a moment, and then for a checkpoint that is being written; return if there was."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    while for_checkpoint and process.poll() is None and time.monotonic() < end + seconds:
        if any(outputs.rglob(".resume.ckpt.*")):
            return True
    return False


def children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def orphans(known: dict[int, float]) -> list[int]:
    """Return the processes that still run after `ORPHANS` seconds, and end them."""
    end, left = time.monotonic() + ORPHANS, list(known)
    while left and time.monotonic() < end:
        time.sleep(0.1)
        left = [pid for pid in left if running(pid, known[pid])]
    for pid in left:
        os.kill(pid, 9)
    return left


def running(pid: int, created: float) -> bool:
    try:
        process = psutil.Process(pid)
        return process.create_time() == created and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def compared(kind: Kind, found: dict[str, str]) -> list[str]:
    """Say what differs; of a study that lost a trial, which draws others then, equal runs count."""
    both = kind.files.keys() & found.keys()
    wrong = [name for name in sorted(both) if kind.files[name] != found[name]]
    missing = [] if kind.name == "study" else sorted(kind.files.keys() - found.keys())
    return [f"other bits in {name}" for name in wrong] + [f"no {name}" for name in missing]


if __name__ == "__main__":
    sys.exit(main())
