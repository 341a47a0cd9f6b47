from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from scipy import stats
from torch import Generator, Tensor, nn
from torchvision.transforms import v2

from fmnist_bench.data.augment import HorizontalFlip
from fmnist_bench.data.batches import Shard, TrainBatches
from fmnist_bench.data.facts import FASHION_MNIST
from fmnist_bench.data.scaling import Scaling
from fmnist_bench.errors import BenchError
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.classifier import Classifier
from fmnist_bench.training.guards import DivergenceGuard
from fmnist_bench.training.mixing import CutMix, Mixing, Mixup
from fmnist_bench.training.run import run
from fmnist_bench.training.schedules import constant

CLASSES = 10
SHARES = [0.0, 0.2, 0.55, 0.9, 0.999, 1.0]
CENTRES = [(0, 0), (27, 3), (13, 14), (5, 27), (20, 20), (1, 1)]
every_mixing = pytest.mark.parametrize(
    "mixing", [Mixup(alpha=0.4, p=0.8), CutMix(alpha=1.0, p=0.8)], ids=["mixup", "cutmix"]
)


def pairs(count: int = 12, side: tuple[int, int] = (28, 28)) -> tuple[Tensor, Tensor]:
    images = torch.randn(count, 1, *side, generator=Generator().manual_seed(0))
    return images, torch.arange(count) * 3 % CLASSES


def targets_of(labels: Tensor) -> Tensor:
    return F.one_hot(labels, CLASSES).float()


def draw(mixing: Mixing, count: int, seed: int = 3) -> Tensor:
    return mixing.draw(count, Generator().manual_seed(seed))


def assert_pairs_are_torchvisions(
    transform: nn.Module,
    monkeypatch: pytest.MonkeyPatch,
    mixed: tuple[Tensor, Tensor],
    side: tuple[int, int],
) -> None:
    """Compare with `transform` pair by pair: in a batch of two, each one's partner is the other."""
    images, labels = pairs(side=side)
    for pair, (share, (down, across)) in enumerate(zip(SHARES, CENTRES, strict=True)):
        places: Iterator[Tensor] = iter((torch.tensor([across]), torch.tensor([down])))
        with monkeypatch.context() as patch:
            sample = SimpleNamespace(sample=lambda shape, share=share: torch.tensor(share))
            patch.setattr(transform, "_dist", sample)
            patch.setattr(torch, "randint", lambda *_, places=places, **__: next(places))
            two = slice(2 * pair, 2 * pair + 2)
            expected = transform(images[two], labels[two])
        torch.testing.assert_close(mixed[0][two], expected[0])
        torch.testing.assert_close(mixed[1][two], expected[1])


def test_mixup_is_torchvisions(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = pairs()
    parameters = torch.tensor(SHARES).repeat_interleave(2)[:, None]
    mixed = Mixup(alpha=1.0, p=1.0).apply(images, targets_of(labels), parameters)
    reference = v2.MixUp(num_classes=CLASSES)
    assert_pairs_are_torchvisions(reference, monkeypatch, mixed, (28, 28))


@pytest.mark.parametrize("side", [(28, 28), (29, 40)])
def test_cutmix_is_torchvisions(monkeypatch: pytest.MonkeyPatch, side: tuple[int, int]) -> None:
    images, labels = pairs(side=side)
    rows = [
        [share, (down + 0.5) / side[0], (across + 0.5) / side[1]]
        for share, (down, across) in zip(SHARES, CENTRES, strict=True)
    ]
    parameters = torch.tensor(rows).repeat_interleave(2, dim=0)
    mixed = CutMix(alpha=1.0, p=1.0).apply(images, targets_of(labels), parameters)
    assert_pairs_are_torchvisions(v2.CutMix(num_classes=CLASSES), monkeypatch, mixed, side)


@every_mixing
def test_a_label_weighs_what_its_image_contributes(mixing: Mixing) -> None:
    images, labels = torch.zeros(200, 1, 28, 28), torch.zeros(200, dtype=torch.int64)
    images[::2], labels[::2] = 1.0, 1
    before = images.clone()
    mixed, targets = mixing.apply(images, targets_of(labels), draw(mixing, 200))
    torch.testing.assert_close(mixed.mean((1, 2, 3)), targets[:, 1])
    torch.testing.assert_close(targets[:, 0], 1 - targets[:, 1])
    assert torch.equal(images, before)
    changed = (mixed != images).flatten(1).any(1).float().mean()
    assert 0.5 < changed < 0.95


@pytest.mark.parametrize("alpha", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_shares_follow_the_beta_distribution(kind: type[Mixup | CutMix], alpha: float) -> None:
    shares = draw(kind(alpha=alpha, p=1.0), 4000)[:, 0].double()
    # Float32 rounds shares beside 1 up to it; the distribution is the same from both ends.
    assert stats.kstest(shares.clamp(1e-6, 1 - 1e-6), stats.beta(alpha, alpha).cdf).pvalue > 0.01


@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_p_is_the_share_of_images_that_are_mixed(kind: type[Mixup | CutMix]) -> None:
    shares = draw(kind(alpha=1.0, p=0.3), 4000)[:, 0]
    assert (shares < 1).float().mean() == pytest.approx(0.3, abs=0.03)
    assert (draw(kind(alpha=1.0, p=0.0), 100)[:, 0] == 1).all()


def test_cutmix_places_its_rectangles_everywhere() -> None:
    places = draw(CutMix(alpha=1.0, p=1.0), 4000)
    for column in (1, 2):
        assert stats.kstest(places[:, column], "uniform").pvalue > 0.01
    assert abs(stats.pearsonr(places[:, 1], places[:, 2]).statistic) < 0.05
    assert abs(stats.pearsonr(places[:, 0], places[:, 1]).statistic) < 0.05


@every_mixing
def test_even_shares_of_a_batch_mix_as_the_whole(mixing: Mixing) -> None:
    images, labels = pairs()
    parameters = draw(mixing, 12)
    whole = mixing.apply(images, targets_of(labels), parameters)
    split = [each.split([2, 6, 4]) for each in (images, targets_of(labels), parameters)]
    parts = [mixing.apply(*part) for part in zip(*split, strict=True)]
    for number, expected in enumerate(whole):
        assert torch.equal(torch.cat([part[number] for part in parts]), expected)


@every_mixing
def test_an_image_without_a_neighbour_stays(mixing: Mixing) -> None:
    images, labels = pairs(5)
    parameters = draw(mixing, 5)
    parameters[:, 0] = 0.3
    mixed, targets = mixing.apply(images, targets_of(labels), parameters)
    torch.testing.assert_close(mixed[4], images[4])
    torch.testing.assert_close(targets[4], targets_of(labels)[4])
    assert not torch.equal(mixed[3], images[3])


@every_mixing
def test_never_waits_for_the_device(mixing: Mixing) -> None:
    """On the meta device there are no values to wait for: reading one fails."""
    images, labels = pairs()
    inputs = [each.to("meta") for each in (images, targets_of(labels), draw(mixing, 12))]
    mixed, targets = mixing.apply(*inputs)
    assert (mixed.device.type, mixed.shape, targets.shape) == ("meta", images.shape, (12, CLASSES))


@pytest.mark.parametrize("kind", [Mixup, CutMix])
@pytest.mark.parametrize(("alpha", "p"), [(0, 0.5), (-1, 0.5), ("a", 0.5), (1, 1.5), (1, None)])
def test_wrong_arguments_are_refused(kind: type[Mixup], alpha: Any, p: Any) -> None:
    with pytest.raises(BenchError, match=kind.__name__):
        kind(alpha=alpha, p=p)


class Recorder(nn.Module):
    """Keeps what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Tensor] = []
        self.layer = nn.Linear(784, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        self.shown.append(images)
        logits: Tensor = self.layer(images.flatten(1))
        return logits


def train_two_epochs(
    *, seed: int = 5, rank: int = 0, world: int = 1, batch_size: int = 8
) -> tuple[Tensor, Classifier]:
    """Return the images (epochs, steps, share, 1, 28, 28) that a mixing model's net was shown."""
    torch.manual_seed(seed)
    net = Recorder()
    model = Classifier(
        net,
        init=None,
        optimizer=lambda groups: torch.optim.SGD(groups, lr=0.1),
        schedule=constant,
        loss=nn.CrossEntropyLoss(label_smoothing=0.1),
        metrics={},
        decay_norm_and_bias=False,
        mixing=CutMix(alpha=1.0, p=0.9),
    )
    data = SimpleNamespace(class_names=range(CLASSES))
    trainer = SimpleNamespace(current_epoch=0, global_rank=rank, datamodule=data)
    pixels = torch.randint(256, (64, 1, 28, 28), generator=Generator().manual_seed(0))
    batches = TrainBatches(
        pixels.to(torch.uint8),
        torch.arange(64) % CLASSES,
        torch.arange(64),
        batch_size=batch_size,
        drop_last=False,
        augmentations=[HorizontalFlip(p=0.5)],
        scaling=Scaling("standardize", FASHION_MNIST),
        seed=0,
        epoch=lambda: trainer.current_epoch,
        shard=Shard(rank, world),
    )
    trainer.train_dataloader, trainer.num_training_batches = batches, len(batches)
    model._trainer = trainer
    for trainer.current_epoch in range(2):
        model.on_train_epoch_start()
        for number, batch in enumerate(batches):
            model.training_step(batch, number)
    shown = torch.stack(net.shown)
    return shown.view(2, len(batches), -1, 1, 28, 28), model


def test_processes_and_batch_sizes_change_no_mixed_image() -> None:
    alone, _ = train_two_epochs()
    ranks = [train_two_epochs(rank=rank, world=2)[0] for rank in range(2)]
    assert torch.equal(torch.cat(ranks, dim=2), alone)
    larger, _ = train_two_epochs(batch_size=16)
    assert torch.equal(larger.flatten(1, 2), alone.flatten(1, 2))


def test_mixing_depends_on_the_seed_and_on_the_epoch() -> None:
    shown, model = train_two_epochs()
    again, _ = train_two_epochs()
    assert torch.equal(shown, again)
    other, _ = train_two_epochs(seed=6)
    assert not torch.equal(shown[0], other[0])
    second = model._drawn
    model.trainer.current_epoch = 0
    model.on_train_epoch_start()
    assert not torch.equal(model._drawn, second)


def test_loss_and_accuracy_count_both_labels_by_their_shares() -> None:
    _, model = train_two_epochs()
    model.on_train_epoch_start()
    images, labels = pairs(8)
    loss = model.training_step((images, labels), 0)
    share = (
        CutMix(alpha=1.0, p=0.9)
        .apply(
            torch.ones(8, 1, 28, 28) * torch.tensor([1.0, 0.0] * 4)[:, None, None, None],
            targets_of(labels),
            model._drawn[:8],
        )[0]
        .mean((1, 2, 3))
    )
    share[1::2] = 1 - share[1::2]
    partners = labels.view(4, 2).flip(1).flatten()
    logits = model.net.layer(model.net.shown[-1].flatten(1))
    own, other = (
        F.cross_entropy(logits, each, reduction="none", label_smoothing=0.1)
        for each in (labels, partners)
    )
    torch.testing.assert_close(loss, (share * own + (1 - share) * other).mean())
    larger = torch.where(share > 0.5, labels, partners)
    assert torch.equal(torch.cat(model._hits), logits.argmax(1) == larger)


class Interrupted(Exception):
    pass


@pytest.mark.filterwarnings("ignore")
def test_a_resumed_run_mixes_as_the_uninterrupted(
    make_spec: Callable[..., Spec], monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = make_spec("mixing=cutmix", "callbacks=[ema]", "seed=3")
    expected = run(straight)
    outputs = f"paths.outputs={straight.folder / 'resumed'}"
    resumed = make_spec("mixing=cutmix", "callbacks=[ema]", "seed=3", outputs)

    def break_off(
        self: DivergenceGuard, trainer: Any, module: Any, outputs: Any, batch: Any, index: int
    ) -> None:
        if (trainer.current_epoch, index) == (1, 4):
            raise Interrupted

    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(DivergenceGuard, "on_train_batch_end", break_off)
        run(resumed)
    record = run(resumed)
    assert record is not None
    assert expected is not None
    assert [entry.train_loss for entry in record.history] == [
        entry.train_loss for entry in expected.history
    ]
    one, two = (load_file(spec.folder / "weights.safetensors") for spec in (straight, resumed))
    assert all(torch.equal(one[name], two[name]) for name in one)
