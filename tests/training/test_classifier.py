from collections.abc import Callable

import pytest
import torch
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score, log_loss
from torch import nn

from fmnist_bench.records.spec import Spec
from fmnist_bench.training.classifier import Classifier
from fmnist_bench.training.run import run
from fmnist_bench.training.schedules import constant


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(784, 4), nn.BatchNorm1d(4))
        self.head = nn.Linear(4, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(images))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_loss_is_cross_entropy_and_smoothed_only_in_training(smoothing: float) -> None:
    torch.manual_seed(0)
    model = Classifier(
        Net(),
        init=None,
        optimizer=lambda groups: torch.optim.SGD(groups, lr=0.1),
        schedule=constant,
        loss=nn.CrossEntropyLoss(label_smoothing=smoothing),
        metrics={},
        decay_norm_and_bias=False,
    ).eval()
    images, labels = torch.randn(50, 1, 28, 28), torch.arange(50) % 10
    probabilities = model(images).softmax(1).detach().numpy()
    model.on_train_epoch_start()
    loss = model.training_step((images, labels), 0)
    plain = log_loss(labels, probabilities)
    uniform = -torch.tensor(probabilities).log().mean().item()
    assert loss.item() == pytest.approx((1 - smoothing) * plain + smoothing * uniform, rel=1e-4)
    correct = accuracy_score(labels, probabilities.argmax(1))
    assert torch.cat(model._hits).double().mean().item() == pytest.approx(correct)
    model.validation_step((images[:30], labels[:30]), 0)
    model.validation_step((images[30:], labels[30:]), 1)
    assert model._validation_loss.compute().item() == pytest.approx(plain, rel=1e-4)
    assert model._validation_hits.compute().item() == pytest.approx(correct)


def test_init_is_applied_to_the_net() -> None:
    model = Classifier(
        Net(),
        init=lambda net: [nn.init.zeros_(parameter) for parameter in net.parameters()],
        optimizer=lambda groups: torch.optim.SGD(groups, lr=0.1),
        schedule=constant,
        loss=nn.CrossEntropyLoss(),
        metrics={},
        decay_norm_and_bias=False,
    )
    assert not any(parameter.any() for parameter in model.parameters())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_gradients_are_clipped_in_every_precision(
    make_spec: Callable[..., Spec], precision: str
) -> None:
    def weights(clip: str) -> torch.Tensor:
        spec = make_spec(
            "model=linear",
            "optimizer=sgd",
            "optimizer.momentum=0.0",
            "optimizer.nesterov=false",
            "optimizer.weight_decay=0.0",
            "schedule=constant",
            "optimizer.lr=0.5",
            "epochs=1",
            "batch_size=300",
            "protocol.weights=last",
            f"precision={precision}",
            f"grad_clip={clip}",
        )
        run(spec)
        tensors = load_file(spec.folder / "weights.safetensors")
        return torch.cat([tensor.flatten() for tensor in tensors.values()])

    # One step: the distance between two of them is that between their clipped gradients.
    free, loose, tight, still = (weights(clip) for clip in ("null", "1e6", "0.2", "1e-9"))
    assert torch.equal(free, loose)
    assert (free - still).norm() > 0.5 * 0.2
    torch.testing.assert_close((tight - still).norm().item(), 0.5 * 0.2, rtol=1e-3, atol=0)
