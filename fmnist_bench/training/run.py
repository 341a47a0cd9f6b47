"""One run, from its spec to its record: instantiate, fit, score once, write."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger

from fmnist_bench.config.build import build
from fmnist_bench.config.values import check_values
from fmnist_bench.data.facts import published_facts
from fmnist_bench.data.served import digest_of_served
from fmnist_bench.records.outcome import Facts, Measured, done_record
from fmnist_bench.records.predictions import Predictions, write_predictions
from fmnist_bench.records.reads import count_test_read
from fmnist_bench.records.record import Data, Record, Selection, write_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.ancestry import checkpoint_of
from fmnist_bench.training.checkpoints import remove_checkpoints, remove_unfinished, resume_point
from fmnist_bench.training.contract import check_model
from fmnist_bench.training.device import device_name, peak_memory
from fmnist_bench.training.score import Scored, score
from fmnist_bench.training.speed import check_speed, prepare_torch
from fmnist_bench.training.trainer import Training, build_training
from fmnist_bench.training.weights import save_weights


def run(
    spec: Spec, watchers: Sequence[Callback] = (), loggers: Sequence[Logger] = ()
) -> Record | None:
    """Train what `spec` describes, score it once, and write its record.

    With `protocol.test=never` only the validation images are scored. `watchers` see every
    epoch and may end the run by raising; `loggers` are Lightning's.

    Returns None in every process but the first of a run on several devices.

    Raises:
        BenchError: the config or the data is wrong, or the loss diverged.
    """
    config, folder = spec.config, spec.folder
    check_values(config)
    check_speed(config)
    facts = Facts.now(config)
    prepare_torch(config)
    data = build(config["data"], "data")
    model = check_model(build(config["model"], "model"), config["model"]["_target_"])
    training = build_training(
        config, folder=folder, identity=spec.identity, watchers=watchers, loggers=loggers
    )
    remove_unfinished(folder)
    start = resume_point(folder) or checkpoint_of(config.get("parent"), folder)
    training.trainer.fit(model, datamodule=data, ckpt_path=start)
    if not training.trainer.is_global_zero:
        return None

    # From here on nothing is chosen any more: these weights are scored, once on each set.
    model.to(training.trainer.strategy.root_device)
    validation, selection = _validated(spec, training, model, data)
    test, reads = None, 0
    if config["protocol"]["test"] != "never":
        reads = count_test_read(folder)
        test = _score(spec, training.trainer, model, _test_batches(data), "limit_test_batches")
    measured = _measured(spec, training, data, test)
    predictions = _predictions(test, measured.data) if test else None
    record = done_record(
        spec,
        facts,
        measured,
        validation=validation.score if validation else None,
        test=test.score if test else None,
        test_reads=reads,
        selection=selection,
        weights_digest=save_weights(folder, model.net),  # type: ignore[arg-type]  # checked
        predictions_digest=predictions.digest if predictions else None,
    )
    if predictions:
        write_predictions(folder, predictions)
    write_record(folder, record)
    remove_checkpoints(folder)
    return record


def _validated(
    spec: Spec, training: Training, model: pl.LightningModule, data: Any
) -> tuple[Scored | None, Selection]:
    """Put the weights that the protocol scores into `model`, and score the validation images.

    Callbacks may change the weights after the last epoch, as stochastic weight averaging does:
    then what they end with is validated too, and competes with the best epoch.
    """

    def validate() -> Scored | None:
        batches = _validation_batches(data, training.trainer)
        if not batches:
            return None
        return _score(spec, training.trainer, model, batches, "limit_val_batches")

    best = training.best
    # A run may end before an epoch was validated, as with trainer.max_steps.
    if best is None or best.accuracy < 0:
        return validate(), Selection(weights="last", epoch=None)
    final = validate() if best.changed_since(model) else None
    if final is not None and final.score.accuracy > best.accuracy:
        return final, Selection(weights="last", epoch=None)
    epoch = best.load(model)
    return validate(), Selection(weights="best", epoch=epoch)


def _validation_batches(data: Any, trainer: pl.Trainer) -> Any:
    """Return all validation batches, for this process alone; nothing if there are none."""
    if hasattr(data, "split_digest"):
        return data.val_dataloader(trainer.strategy.root_device)
    if getattr(type(data), "val_dataloader", None) is pl.LightningDataModule.val_dataloader:
        return None
    return data.val_dataloader()


def _test_batches(data: Any) -> Any:
    data.setup("test")
    return data.test_dataloader()


def _predictions(test: Scored, data: Data) -> Predictions:
    """Return what is kept of `test`, with the labels unless they are the published ones."""
    published = published_facts(data.name, data.digest) is not None
    return replace(test.predictions, labels=None if published else test.labels)


def _score(
    spec: Spec, trainer: pl.Trainer, model: pl.LightningModule, batches: Any, limit: str
) -> Scored:
    share = getattr(trainer, limit)
    return score(
        model,
        batches,
        device=trainer.strategy.root_device,
        flip=spec.config["test_time_flip"],
        precision=trainer.precision_plugin.val_step_context(),
        limit=share if isinstance(share, int) else max(1, int(share * len(batches))),
    )


def _measured(spec: Spec, training: Training, data: Any, test: Scored | None) -> Measured:
    trainer, curves, prepared = training.trainer, training.curves, training.preparation
    device = trainer.strategy.root_device
    scored = len(test.predictions.classes) if test else 0
    timed = spec.config["warm_up_steps"] is not None
    return Measured(
        data=Data(
            name=spec.dataset,
            digest=getattr(data, "digest", None) or digest_of_served(data),
            split_digest=getattr(data, "split_digest", None),
            class_names=list(data.class_names),
            image_shape=list(prepared.image_shape),
            train_images=getattr(data, "train_images", None),
            test_images=getattr(data, "test_images", scored),
            pixel_scaling=getattr(data, "pixel_scaling", None),
        ),
        parameters=prepared.parameters,
        macs=prepared.macs,
        training_macs=prepared.training_macs(len(curves.history), curves.images),
        history=None if prepared.parameters is None else curves.history,
        train_seconds=curves.train_seconds,
        images=curves.images,
        step_seconds=curves.step_seconds,
        timed_seconds=training.clock.read(device) if timed else None,
        processes=trainer.world_size,
        device=device_name(device),
        peak_memory_bytes=peak_memory(device),
        fast_layers=prepared.fast_layers,
        pretraining=_pretraining(trainer.lightning_module),
    )


def _pretraining(model: Any) -> str | None:
    """Return what the net, or the net that taught it, has seen before; None for nothing."""
    own = getattr(model, "pretraining", None) or getattr(model.net, "pretraining", None)
    return str(own) if own else None
