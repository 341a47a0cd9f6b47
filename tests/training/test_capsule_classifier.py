import pytest
import torch
import torch.nn.functional as F

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.capsule_net import CapsuleNet
from fmnist_bench.training.capsule_classifier import CapsuleClassifier
from fmnist_bench.training.losses import CapsuleMargin
from fmnist_bench.training.mixing import Mixup
from fmnist_bench.training.schedules import constant


def model(mixing: Mixup | None = None) -> CapsuleClassifier:
    torch.manual_seed(0)
    return CapsuleClassifier(
        CapsuleNet(num_classes=10, routings=2),
        reconstruction=0.5,
        init=None,
        optimizer=lambda groups: torch.optim.SGD(groups, lr=0.1),
        schedule=constant,
        decay_norm_and_bias=False,
        loss=CapsuleMargin(),
        metrics={},
        mixing=mixing,
    )


def test_the_loss_is_the_margin_and_the_difference_to_the_image() -> None:
    trained = model()
    images, labels = torch.rand(6, 1, 28, 28), torch.arange(6)
    trained.on_train_epoch_start()
    loss = trained.training_step((images, labels), 0)
    with torch.no_grad():
        net = trained.net
        masked = torch.zeros(6, 10, 16)
        masked[torch.arange(6), labels] = net.capsules(images)[torch.arange(6), labels]
        drawn = net.decoder(masked.flatten(1))
        expected = CapsuleMargin()(net(images), labels) + 0.5 * F.mse_loss(drawn, images)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    loss.backward()
    assert all(each.grad is not None and each.grad.any() for each in trained.net.parameters())


def test_mixed_images_are_refused() -> None:
    with pytest.raises(BenchError, match=r"model\.mixing: .* use none"):
        model(Mixup(alpha=0.2, p=1.0))
