"""One run, from its spec to its record."""

from collections.abc import Sequence
from datetime import UTC, datetime

from omegaconf import DictConfig
from pytorch_lightning.callbacks import Callback

from fmnist_bench.config.earlier import with_later_keys
from fmnist_bench.records.outcome import Measured, done_record
from fmnist_bench.records.predictions import write_predictions
from fmnist_bench.records.record import Record, write_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.assemble import (
    build_data,
    build_model,
    build_trackers,
    net_of,
    prepare_torch,
    speed_up,
)
from fmnist_bench.training.checkpoints import (
    remove_checkpoints,
    remove_unfinished,
    resume_point,
)
from fmnist_bench.training.cost import mac_count, parameter_count
from fmnist_bench.training.score import score
from fmnist_bench.training.trainer import build_training
from fmnist_bench.training.warm_up import warm_up
from fmnist_bench.training.weights import save_weights


def run(spec: Spec, watchers: Sequence[Callback] = ()) -> Record | None:
    """Train what `spec` describes, score it once, and write its record.

    With `protocol.test=never` only the validation images are scored. `watchers` see every
    epoch and may end the run by raising.

    Returns None in every process but the first of a run on several devices.

    Raises:
        BenchError: the config or the data is wrong, or the loss diverged.
    """
    started = datetime.now(UTC)
    config = with_later_keys(spec.config)
    prepare_torch(config)
    with build_trackers(config, spec) as live:
        return _run(spec, config, started, [*watchers, live])


def _run(
    spec: Spec, config: DictConfig, started: datetime, watchers: Sequence[Callback]
) -> Record | None:
    data = build_data(config, spec.data_folder)
    model = build_model(config)
    net = net_of(model)
    remove_unfinished(spec.folder)
    parameters, macs = parameter_count(net), mac_count(net)
    speed_up(net, config)

    training = build_training(
        config,
        folder=spec.folder,
        identity=spec.identity,
        watchers=watchers,
    )
    if config.get("warm_up_steps"):
        warm_up(
            model,
            net,
            data,
            steps=config.warm_up_steps,
            eval_batch_size=config.eval_batch_size,
            device=training.trainer.strategy.root_device,
            precision=training.trainer.precision_plugin,
        )
    training.trainer.fit(model, data, ckpt_path=resume_point(spec.folder))
    if not training.trainer.is_global_zero:
        return None

    # From here on nothing is chosen any more: these weights are scored, once on each set.
    best_epoch = training.best.load(model) if training.best else None
    device = training.trainer.strategy.root_device
    net.to(device)
    precision = training.trainer.precision_plugin.val_step_context
    flip = config.test_time_flip
    held_out = data.validation_batches(device)
    validation = score(net, held_out, flip=flip, precision=precision()) if held_out else None
    # A record from before this key existed has none when it is run again.
    if config.protocol.get("test") == "never":
        test = None
    else:
        test = score(net, data.test_batches(device), flip=flip, precision=precision())
    seconds = training.clock.read(device) if config.get("warm_up_steps") else None

    record = done_record(
        spec,
        Measured(
            started=started,
            split_digest=data.split.digest,
            validation=validation.score if validation else None,
            test=test.score if test else None,
            test_reads=data.test_reads,
            best_epoch=best_epoch,
            parameters=parameters,
            macs=macs,
            curves=training.curves,
            device=device,
            timed_seconds=seconds,
            predictions_digest=test.predictions.digest if test else None,
        ),
    )
    save_weights(spec.folder, net)
    if test:
        write_predictions(spec.folder, test.predictions)
    write_record(spec.folder, record)
    remove_checkpoints(spec.folder)
    return record
