from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from fmnist_bench.errors import BenchError
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.hardest import HardestShare
from fmnist_bench.training.mixing import CutMix
from fmnist_bench.training.run import run
from fmnist_bench.training.schedules import constant


class Linear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(784, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.head(images.flatten(1))
        return scores


def hardest(share: float, mixing: CutMix | None = None) -> HardestShare:
    torch.manual_seed(0)
    return HardestShare(
        Linear(),
        chooser=Linear(),
        share=share,
        init=None,
        loss=nn.CrossEntropyLoss(),
        optimizer=lambda groups: torch.optim.SGD(groups, lr=0.1),
        schedule=constant,
        metrics={},
        decay_norm_and_bias=False,
        mixing=mixing,
    )


@pytest.mark.parametrize(("share", "kept"), [(0.5, 4), (0.4, 4), (1.0, 8), (0.01, 1)])
def test_the_chooser_picks_what_it_is_worst_at(share: float, kept: int) -> None:
    model = hardest(share)
    images, labels = torch.randn(8, 1, 28, 28), torch.arange(8)
    guesses = model.chooser(images).log_softmax(1)[torch.arange(8), labels].detach().numpy()
    worst = np.argsort(guesses)[:kept]
    model.on_train_epoch_start()
    loss = model.training_step((images, labels), 0)
    scores = model.net(images[worst]).log_softmax(1)
    own = -scores[torch.arange(kept), labels[worst]].mean()
    assert loss.item() == pytest.approx(own.item() - guesses.mean(), rel=1e-5)
    assert model._losses[0].item() == pytest.approx(own.item(), rel=1e-5)
    assert len(model._hits[0]) == kept


def test_both_nets_learn_each_from_its_own_loss() -> None:
    model = hardest(0.5)
    images, labels = torch.randn(8, 1, 28, 28), torch.arange(8)
    model.on_train_epoch_start()
    model.training_step((images, labels), 0).backward()
    given = model.chooser.head.weight.grad
    alone = nn.functional.cross_entropy(model.chooser(images), labels)
    torch.testing.assert_close(given, torch.autograd.grad(alone, model.chooser.head.weight)[0])
    trained = {
        id(each) for group in model.make_optimizer().param_groups for each in group["params"]
    }
    assert trained == {id(each) for each in model.parameters()}


def test_a_run_keeps_the_net_alone_and_counts_both(make_spec: Callable[..., Spec]) -> None:
    record = run(make_spec("method=hardest_half"))
    assert record is not None and record.macs is not None and record.training_macs is not None
    chooser = 14 * 14 * 9 * 16 + 7 * 7 * 9 * 16 * 32 + 320
    assert record.training_macs == (3 * record.macs // 2 + 3 * chooser) * 3 * 9 * 32


def test_what_it_cannot_choose_from_is_refused() -> None:
    with pytest.raises(BenchError, match=r"^model\.share: 0"):
        hardest(0)
    with pytest.raises(BenchError, match=r"^model\.mixing: "):
        hardest(0.5, CutMix(alpha=1.0, p=1.0))
