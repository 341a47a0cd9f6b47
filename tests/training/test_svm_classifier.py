import pytest
import torch
from torch import nn

from fmnist_bench.training.losses import SquaredHinge
from fmnist_bench.training.schedules import constant
from fmnist_bench.training.svm_classifier import SvmClassifier


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(784, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(images.flatten(1))


def test_the_gradient_is_that_of_the_loss_and_the_heads_own_weights() -> None:
    model = SvmClassifier(
        Net(),
        init=None,
        optimizer=lambda groups: torch.optim.SGD(groups, lr=0.1),
        schedule=constant,
        metrics={},
        decay_norm_and_bias=False,
        loss=SquaredHinge(c=2.0),
    )
    images, labels = torch.randn(5, 1, 28, 28), torch.arange(5)
    model.on_train_epoch_start()
    loss = model.training_step((images, labels), 0)
    weight, bias = model.net.head.parameters()
    found = torch.autograd.grad(loss, [weight, bias])
    hinge = SquaredHinge(c=2.0)(model.net(images), labels)
    alone = torch.autograd.grad(hinge, [weight, bias])
    torch.testing.assert_close(found[0], alone[0] + weight)
    torch.testing.assert_close(found[1], alone[1])
    assert model._losses[0].item() == pytest.approx(hinge.item())
