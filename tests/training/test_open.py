"""Parts of a run that are somebody else's: files in a folder outside the package, and a config."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from fmnist_bench.config.compose import compose_command_line
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.record import Record
from fmnist_bench.records.spec import Spec
from fmnist_bench.tracking.live import follow
from fmnist_bench.training.run import run

MakeSpec = Callable[..., Spec]
pytestmark = pytest.mark.filterwarnings("ignore")

MINE = '''
import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn.functional import cross_entropy


class Manual(pl.LightningModule):
    """Two optimizers, stepped by hand; a step returns nothing."""

    def __init__(self, lr):
        super().__init__()
        self.automatic_optimization = False
        self.lr, self.net = lr, nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.Linear(16, 10))

    def forward(self, images):
        return self.net(images)

    def training_step(self, batch, batch_idx):
        images, labels = batch
        loss = cross_entropy(self(images), labels)
        for optimizer in self.optimizers():
            optimizer.zero_grad()
        self.manual_backward(loss)
        for optimizer in self.optimizers():
            optimizer.step()
        self.log("train/loss", loss, on_step=False, on_epoch=True)

    def validation_step(self, batch, batch_idx):
        images, labels = batch
        scores = self(images)
        self.log("val/loss", cross_entropy(scores, labels))
        self.log("val/accuracy", (scores.argmax(1) == labels).float().mean())
        self.log("val/confidence", scores.softmax(1).amax(1).mean())

    def configure_optimizers(self):
        layers = self.net[1], self.net[2]
        return [torch.optim.SGD(layer.parameters(), lr=self.lr) for layer in layers]


class Silent(Manual):
    def validation_step(self, batch, batch_idx):
        pass


class Netless(pl.LightningModule):
    def __init__(self, lr):
        super().__init__()


class Blobs(pl.LightningDataModule):
    """Colour images of a dataset that nobody published, in plain loaders."""

    name = "blobs"

    def __init__(self, classes, batch_size, workers):
        super().__init__()
        self.class_names = [f"blob {number}" for number in range(classes)]
        self.batch_size, self.workers = batch_size, workers

    def _loader(self, count, seed, **options):
        labels = torch.arange(count) % len(self.class_names)
        images = torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(seed))
        images[:, 0, 0] += 3 * labels[:, None] / len(self.class_names)
        data = torch.utils.data.TensorDataset(images, labels)
        return torch.utils.data.DataLoader(
            data, batch_size=self.batch_size, num_workers=self.workers, **options
        )

    def train_dataloader(self):
        return self._loader(188, 0, shuffle=True)

    def val_dataloader(self):
        return self._loader(94, 1)

    def test_dataloader(self):
        return self._loader(1000, 2)


class Flat(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, num_classes))

    def forward(self, images):
        return self.layers(images)


class Counter(pl.Callback):
    def __init__(self, path):
        self.path, self.steps = path, 0

    def on_train_batch_end(self, *arguments):
        self.steps += 1

    def on_train_end(self, trainer, module):
        with open(self.path, "w") as file:
            file.write(str(self.steps))
'''


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "mine.py").write_text(MINE)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(__import__("sys").modules, "mine", raising=False)


def finished(spec: Spec) -> Record:
    with follow(spec) as (live, loggers):
        record = run(spec, [live], loggers)
    assert record is not None
    return record


MODEL = """
# @package _global_
model: {_target_: mine.%s, lr: 0.05}
row: {name: mine, classifier: Mine, code: mine.py}
"""
DATA = """
_target_: mine.Blobs
classes: 47
workers: 0
batch_size: ${batch_size}
"""


@pytest.fixture
def make_own(small_overrides: list[str], tmp_path: Path) -> MakeSpec:
    """Make a spec with config groups of one's own, in a folder outside the package."""
    folder = tmp_path / "conf"
    for group in ("model", "data"):
        (folder / group).mkdir(parents=True)
    for name in ("Manual", "Silent", "Netless"):
        (folder / "model" / f"{name.lower()}.yaml").write_text((MODEL % name).lstrip())
    (folder / "data" / "blobs.yaml").write_text(DATA.lstrip())

    def make(*overrides: str) -> Spec:
        # Files come before values, as on a command line that is meant.
        foreign = "data=blobs" in overrides
        kept = [each for each in small_overrides if not (foreign and each.startswith("data."))]
        kept = [each for each in kept if not (foreign and each.startswith("protocol."))]
        taken = {each.split("=")[0] for each in overrides}
        kept = [each for each in kept if each.split("=")[0] not in taken]
        (config,) = compose_command_line(["--config-dir", str(folder), *kept, *overrides])
        return prepare(config, print)

    return make


def test_a_module_that_optimises_by_hand(make_own: MakeSpec) -> None:
    record = finished(make_own("model=manual", "epochs=4"))
    assert record.status == "done"
    assert record.history is not None
    assert [epoch.train_loss for epoch in record.history] == sorted(
        (epoch.train_loss or 0 for epoch in record.history), reverse=True
    )
    assert record.history[0].metrics.keys() == {"val/confidence"}
    assert record.validation is not None and record.validation.accuracy > 0.5
    assert record.recipe is not None
    assert record.recipe["model"] == {"_target_": "mine.Manual", "lr": 0.05}
    assert record.code is not None and record.code.source is not None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Silent", "logs no val/accuracy and no val/loss"),
        ("Netless", "mine.Netless has no nn.Module under the name `net`"),
    ],
)
def test_a_module_that_does_not_keep_the_contract_is_told_so(
    make_own: MakeSpec, name: str, said: str
) -> None:
    with pytest.raises(BenchError, match=said):
        run(make_own(f"model={name.lower()}"))


BLOBS = (
    *("data=blobs", "model.net._target_=mine.Flat", "~model.net.hidden", "~model.net.dropout"),
    *("model.net.num_classes=47",),
)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_data_module_of_colour_images_and_47_classes(make_own: MakeSpec, workers: int) -> None:
    spec = make_own(*BLOBS, f"data.workers={workers}", "batch_size=47")
    record = finished(spec)
    assert spec.data_digest is None
    assert record.data.name == "Blobs"
    assert record.data.class_names[46] == "blob 46"
    assert record.data.image_shape == [3, 32, 32]
    assert (record.data.test_images, len(record.data.class_names)) == (1000, 47)
    assert record.data.digest is not None
    predictions = read_predictions(spec.folder, 1000, 47)
    assert predictions.labels is not None
    assert predictions.labels.tolist() == [number % 47 for number in range(1000)]
    assert record.test is not None
    assert np.mean(predictions.classes == predictions.labels) == record.test.accuracy
    assert record.history is not None
    assert record.training_macs == 3 * 3 * 32 * 32 * 47 * 188 * 3


def test_classes_that_do_not_fit_the_net_are_refused(make_own: MakeSpec) -> None:
    with pytest.raises(BenchError, match=r"set model\.net\.num_classes=47"):
        run(make_own(*BLOBS[:-1], "model.net.num_classes=10"))


def test_an_optimizer_that_a_model_of_ones_own_does_not_take_is_refused(
    make_own: MakeSpec,
) -> None:
    with pytest.raises(BenchError, match=r"optimizer\.lr: nothing in this config reads optimizer"):
        make_own("model=manual", "optimizer.lr=3")


def test_callbacks_of_lightning_and_ones_own(make_spec: MakeSpec, tmp_path: Path) -> None:
    path = tmp_path / "steps"
    record = finished(
        make_spec(
            "+callbacks.rate._target_=pytorch_lightning.callbacks.LearningRateMonitor",
            "+callbacks.rate.logging_interval=epoch",
            "callbacks.device._target_=pytorch_lightning.callbacks.DeviceStatsMonitor",
            "callbacks.mine._target_=mine.Counter",
            f"callbacks.mine.path={path}",
            "trainer.log_every_n_steps=1",
        )
    )
    assert path.read_text() == str(3 * (300 // 32))
    assert record.history is not None
    assert record.history[0].metrics["lr-AdamW/pg1"] > 0
    assert any("cpu" in name for name in record.history[0].metrics)
    assert record.recipe is not None
    assert list(record.recipe["callbacks"]) == ["mine"]


@pytest.mark.parametrize("weights", ["best", "last"])
def test_weights_averaged_at_the_end_are_what_is_scored(make_spec: MakeSpec, weights: str) -> None:
    overrides = (
        "callbacks.swa._target_=pytorch_lightning.callbacks.StochasticWeightAveraging",
        "callbacks.swa.swa_lrs=0.01",
        "callbacks.swa.swa_epoch_start=2",
        "epochs=4",
        "optimizer=sgd",
        f"protocol.weights={weights}",
    )
    plain = finished(make_spec(*overrides[3:]))
    averaged = finished(spec := make_spec(*overrides))
    assert averaged.selection is not None and averaged.validation is not None
    assert averaged.history is not None
    validated = {epoch.validation_accuracy for epoch in averaged.history}
    if averaged.selection.weights == "last":
        # Validated once more: these weights were no epoch's.
        assert averaged.selection.epoch is None
        assert weights == "last" or averaged.validation.accuracy > max(validated)  # type: ignore[type-var]
    else:
        assert averaged.validation.accuracy == pytest.approx(max(validated))  # type: ignore[type-var]
    assert averaged.recipe_digest != plain.recipe_digest
    assert load_file(spec.folder / "weights.safetensors")


@pytest.mark.parametrize(
    "flags",
    [
        ("trainer.accumulate_grad_batches=2",),
        ("trainer.gradient_clip_val=0.1", "trainer.gradient_clip_algorithm=value"),
        ("trainer.profiler=simple",),
        ("trainer.detect_anomaly=true",),
        ("trainer.max_time=00:01:00:00",),
        ("trainer.overfit_batches=2",),
        ("trainer.max_steps=5",),
        ("trainer.num_nodes=1",),
        ("trainer.check_val_every_n_epoch=3",),
    ],
    ids=lambda flags: flags[0],
)
def test_flags_of_the_trainer_are_passed_on(
    make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    import pytorch_lightning as pl

    taken: dict[str, object] = {}
    original = pl.Trainer.__init__

    def note(self: pl.Trainer, *arguments: object, **flags: object) -> None:
        taken.update(flags)
        original(self, *arguments, **flags)  # type: ignore[arg-type]

    monkeypatch.setattr(pl.Trainer, "__init__", note)
    spec = make_spec(*flags, "protocol.weights=last")
    assert finished(spec).status == "done"
    for flag in flags:
        name, _, value = flag.removeprefix("trainer.").partition("=")
        assert str(taken[name]).lower() == value
        watching = name in ("profiler", "detect_anomaly", "num_nodes")
        assert (name in spec.recipe["trainer"]) != watching


def test_a_run_that_ends_before_it_validates_is_scored_with_its_last_weights(
    make_spec: MakeSpec,
) -> None:
    record = finished(make_spec("trainer.max_steps=1", "protocol.weights=best"))
    assert record.selection is not None and record.validation is not None
    assert (record.selection.weights, record.selection.epoch) == ("last", None)


def test_accumulated_gradients_are_those_of_a_larger_batch(make_spec: MakeSpec) -> None:
    common = ("optimizer=sgd", "schedule=constant", "epochs=1", "protocol.weights=last")
    specs = [
        make_spec(*common, "batch_size=60"),
        make_spec(*common, "batch_size=30", "trainer.accumulate_grad_batches=2"),
    ]
    weights = []
    for spec in specs:
        finished(spec)
        weights.append(load_file(spec.folder / "weights.safetensors"))
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, rtol=1e-3, atol=1e-5)


def test_a_metric_stands_in_history_and_csv(make_spec: MakeSpec) -> None:
    spec = make_spec(
        "model.metrics.f1._target_=torchmetrics.classification.MulticlassF1Score",
        "model.metrics.f1.num_classes=10",
        "model.metrics.f1.average=macro",
    )
    record = finished(spec)
    assert record.history is not None
    assert 0.5 < record.history[-1].metrics["val/f1"] < 1.001
    assert "val/f1" in (spec.folder / "metrics.csv").read_text().splitlines()[0]


def test_any_lightning_logger_beside_the_suites(make_spec: MakeSpec, tmp_path: Path) -> None:
    spec = make_spec(
        "logger.mine._target_=pytorch_lightning.loggers.CSVLogger",
        f"logger.mine.save_dir={tmp_path}",
        "logger.mine.name=mine",
    )
    finished(spec)
    (written,) = tmp_path.glob("mine/*/metrics.csv")
    assert "val/accuracy" in written.read_text().splitlines()[0]
    assert (spec.folder / "metrics.csv").exists()
