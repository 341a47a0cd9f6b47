"""Tells every tracker of a run how it goes."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from operator import methodcaller
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger

from fmnist_bench.config.build import build
from fmnist_bench.errors import BenchError
from fmnist_bench.records.environment import is_first_process
from fmnist_bench.records.spec import Spec
from fmnist_bench.tracking.about import About, about_spec
from fmnist_bench.tracking.ending import Ending
from fmnist_bench.tracking.mirroring import one_line
from fmnist_bench.tracking.mirrors import Mirrors
from fmnist_bench.tracking.tracker import THROUGHPUT, Figures, Tracker, epoch_figures
from fmnist_bench.training.curves import Curves


@contextmanager
def follow(
    spec: Spec, *, sweep: str | None = None, differing: Mapping[str, Any] | None = None
) -> "Iterator[tuple[Live, list[Logger]]]":
    """Build what `logger` asks for, to follow the run of `spec`; the first process alone does.

    Yields what tells the suite's trackers, and the loggers that are Lightning's own. When the
    block ends, the run is done, its record on disk; when it raises, the run failed. `sweep` is
    the one that the run belongs to, if any; `differing` maps the dotted keys that differ in
    that to this run's values.

    Raises:
        BenchError: as `build_loggers`.
    """
    trackers, loggers = build_loggers(spec.config)
    about = about_spec(spec, os.getpid(), sweep, differing)
    first = is_first_process()
    for logger in loggers if first else []:
        logger.log_hyperparams(about.config)
    live = Live(about, Mirrors(trackers if first else {}))
    try:
        yield live, loggers
    except BaseException as error:
        # Lightning turns Ctrl-C and SIGTERM into SystemExit.
        live.end(one_line(error), interrupted=not isinstance(error, Exception))
        raise
    else:
        live.end(None)


def build_loggers(config: Mapping[str, Any]) -> tuple[dict[str, Tracker], list[Logger]]:
    """Build what `config.logger` names: the suite's trackers by name, and Lightning's loggers.

    Raises:
        BenchError: an argument is wrong, a package is missing, or it is neither of the two.
    """
    trackers: dict[str, Tracker] = {}
    loggers: list[Logger] = []
    for name, node in config["logger"].items():
        built = build(node, f"logger.{name}") if isinstance(node, Mapping) else node
        if isinstance(built, Logger):
            loggers.append(built)
        elif not isinstance(built, Tracker):
            raise BenchError(
                f"logger.{name}: {type(built).__name__} is neither a Lightning Logger nor a "
                f"Tracker of fmnist_bench.tracking; name one with logger.{name}._target_"
            )
        elif not built.off:
            trackers[name] = built
    return trackers, loggers


class Live(Callback):
    """Sends the run's curves to its mirrors after each epoch.

    An epoch is sent once it is in the resume point, so that a run which continues sends none
    twice.
    """

    def __init__(self, about: About, mirrors: Mirrors) -> None:
        self._about, self._mirrors = about, mirrors
        self._curves: Curves | None = None
        self._sent, self._images, self._step_seconds = 0, 0, 0.0

    def end(self, error: str | None, *, interrupted: bool = False) -> None:
        """Say that the run is over, with the `error` that ended it, and wait for the mirrors."""
        if self._curves is None:
            self._start([])  # a run that fails before it trains is shown too
        elif error is not None:
            self._send()
        if error is None:
            self._mirrors.finish(methodcaller("done", Ending(self._about.folder)))
        else:
            self._mirrors.finish(methodcaller("failed", error, interrupted=interrupted))

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]  # Lightning's
        (self._curves,) = (each for each in callbacks if isinstance(each, Curves))
        self._start([epoch_figures(entry) for entry in self._curves.history])
        self._remember(self._curves)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._send()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._send()

    def _start(self, earlier: list[Figures]) -> None:
        about = replace(self._about, resumes=bool(earlier))
        self._mirrors.tell(methodcaller("start", about))
        self._mirrors.tell(methodcaller("epochs", earlier))

    def _send(self) -> None:
        assert self._curves is not None
        new = [epoch_figures(entry) for entry in self._curves.history[self._sent :]]
        seconds = self._curves.step_seconds - self._step_seconds
        if new and seconds > 0:
            new[-1][THROUGHPUT] = (self._curves.images - self._images) / seconds
        if new:
            self._mirrors.tell(methodcaller("epochs", new))
            self._remember(self._curves)

    def _remember(self, curves: Curves) -> None:
        self._sent, self._images = len(curves.history), curves.images
        self._step_seconds = curves.step_seconds
