import math
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from fmnist_bench.errors import BenchError
from fmnist_bench.training.growing_batches import GrowingBatches
from fmnist_bench.training.mixing import Mixup
from fmnist_bench.training.schedules import linear

pytestmark = pytest.mark.filterwarnings("ignore")


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5, stride=4)
        self.frozen = nn.Conv2d(4, 4, 1).requires_grad_(False)
        self.head = nn.Linear(4 * 36, 10)
        self.seen: list[int] = []

    def forward(self, images: Tensor) -> Tensor:
        self.seen.append(len(images))
        return self.head(self.frozen(self.conv(images)).flatten(1))


class Rates(Callback):
    def __init__(self) -> None:
        self.rates: list[float] = []
        self.decays: list[float] = []

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        conv, others = trainer.optimizers[0].param_groups
        self.rates.append(conv["lr"])
        self.decays.append(conv["weight_decay"])
        assert others["weight_decay"] == 0
        assert [each.ndim for each in conv["params"]] == [4]
        assert [each.ndim for each in others["params"]] == [1, 2, 1]


def model(sizes: list[list[int]], mixing: Mixup | None = None) -> GrowingBatches:
    torch.manual_seed(0)
    return GrowingBatches(
        Net(),
        batch_sizes=sizes,
        decay=0.3,
        init=None,
        optimizer=lambda groups: torch.optim.SGD(groups, lr=0.05, weight_decay=0.1),
        schedule=linear,
        loss=nn.CrossEntropyLoss(),
        metrics={},
        parameter_groups=[{"dimensions": [0, 1, 2, 3], "weight_decay": 0.0}],
        decay_norm_and_bias=True,
        mixing=mixing,
    )


def fit(model: GrowingBatches, epochs: int) -> Rates:
    labels = torch.arange(64) % 10
    images = torch.randn(64, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    images[torch.arange(64), 0, 2 * labels] += 2
    rates = Rates()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[rates],
    )
    trainer.fit(model, DataLoader(TensorDataset(images, labels), batch_size=16))
    assert trainer.callback_metrics["train/accuracy"] > 0.5
    return rates


def test_batches_grow_rates_fall_and_decay_follows_an_epoch_later() -> None:
    trained = model([[0, 4], [1, 8], [3, 16]])
    rates = fit(trained, 5)
    assert trained.net.seen == [4] * 16 + [8] * 8 + [8] * 8 + [16] * 4 + [16] * 4
    epochs = [number // 4 for number in range(20)]
    assert rates.rates == pytest.approx([0.05 * (1 - epoch / 5) for epoch in epochs])
    steps = [16, 16, 8, 8, 4]
    assert rates.decays == pytest.approx([0.3 / math.sqrt(steps[epoch]) for epoch in epochs])


def test_one_size_is_a_plain_loop() -> None:
    trained = model([[0, 4], [9, 16]])
    fit(trained, 2)
    other = model([[0, 4], [9, 16]]).net
    images = torch.randn(64, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(64) % 10
    images[torch.arange(64), 0, 2 * labels] += 2
    groups: list[dict[str, Any]] = [
        {"params": [other.conv.weight], "weight_decay": 0.3 / 4},
        {"params": [other.conv.bias, *other.head.parameters()]},
    ]
    optimizer = torch.optim.SGD(groups, lr=0.05)
    for rate in (0.05, 0.025):
        for group in optimizer.param_groups:
            group["lr"] = rate
        for part in torch.arange(64).split(4):
            optimizer.zero_grad()
            nn.functional.cross_entropy(other(images[part]), labels[part]).backward()
            optimizer.step()
    torch.testing.assert_close(trained.net.state_dict(), other.state_dict())


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(BenchError, match=r"model\.batch_sizes: no size for epoch 0"):
        model([[1, 8]])
    with pytest.raises(BenchError, match=r"model\.mixing: .* use none"):
        model([[0, 8]], Mixup(alpha=0.2, p=1.0))
