"""The command line: finds the command, imports it, and prints its errors as one line."""

import contextlib
import importlib
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType, ModuleType

from fmnist_bench.errors import BenchError

COMMANDS = {
    "train": "train one run, or a sweep with -m (Hydra overrides: model=vgg optimizer.lr=0.1)",
    "runs": "what came of runs: what differs, validation accuracy, the best (--best 3)",
    "bench": "train a list of rows with all their seeds, then show the board",
    "data": "obtain and verify the data, and say where it is",
    "weights": "obtain ImageNet weights of EfficientNet-Lite, to start from",
    "leaderboard": "collect records into leaderboard.md",
    "score": "what predictions made with anything are worth beside the board",
    "compare": "explain the difference between two rows",
    "tune": "search for a recipe on validation images (search=cnn --trials 40 --workers 2)",
    "tune-speed": "measure which precision, memory format and batch train a model fastest here",
    "verify": "check every number on a board against its evidence",
    "predict": "classify image files with a finished run",
    "export": "write a finished run as ONNX, TorchScript or safetensors",
    "publish": "copy finished runs of a row to the official results",
    "show": "pictures of data, runs and boards; the layers of a model",
    "wandb": "push: show finished runs in Weights & Biases, from their records",
    "completion": "make bash, zsh or fish complete commands, flags and overrides",
    "schema": "print the JSON Schema of a run record",
}


def main(argv: list[str] | None = None) -> int:
    """Run the command that `argv` names; return the exit status.

    0: done. 1: done, with something failed or drifted. 2: wrong input, told in one line.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # In a log file our lines stand between those of the processes that we start.
        sys.stdout.reconfigure(line_buffering=True)
    if "_ARGCOMPLETE" in os.environ:
        from fmnist_bench.completion import complete

        complete(COMMANDS)
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_help())
        return 0
    name, rest = arguments[0], arguments[1:]
    if name == "--version":
        from fmnist_bench import __version__

        print(__version__)
        return 0
    if name not in COMMANDS:
        print(f"fmnist-bench: unknown command {name!r}; see fmnist-bench --help", file=sys.stderr)
        return 2
    try:
        with _stopped_as_by_ctrl_c():
            status: int = _module(name).main(rest)
    except BenchError as error:
        print(f"fmnist-bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("fmnist-bench: stopped; the same command continues", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away; do not fail again while flushing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


@contextlib.contextmanager
def _stopped_as_by_ctrl_c() -> Iterator[None]:
    """Let SIGTERM and SIGHUP do what SIGINT does, unless someone has another use for them."""

    def stop(number: int, frame: FrameType | None) -> None:
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):  # a background job of a shell ignores it
            raise KeyboardInterrupt
        handler(signal.SIGINT, frame)

    kinds = [signal.SIGTERM, signal.SIGHUP]
    if threading.current_thread() is not threading.main_thread():
        kinds = []
    kinds = [kind for kind in kinds if signal.getsignal(kind) is signal.SIG_DFL]
    for kind in kinds:
        signal.signal(kind, stop)
    try:
        yield
    finally:
        for kind in kinds:
            signal.signal(kind, signal.SIG_DFL)


def _module(command: str) -> ModuleType:
    return importlib.import_module(f"fmnist_bench.commands.{command.replace('-', '_')}")


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        [
            "usage: fmnist-bench COMMAND ...",
            "",
            *lines,
            "",
            "fmnist-bench COMMAND --help tells more of one command.",
        ]
    )
