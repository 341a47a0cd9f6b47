from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from sklearn.svm import LinearSVC
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.embedding_net import EmbeddingNet
from fmnist_bench.training.embedding_classifier import EmbeddingClassifier
from fmnist_bench.training.losses import OpenFaceTriplet
from fmnist_bench.training.mixing import Mixup
from fmnist_bench.training.schedules import constant

pytestmark = pytest.mark.filterwarnings("ignore")


class Body(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(784, 12)

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.normalize(self.embed(images.flatten(1)))


def model(**changed: Any) -> EmbeddingClassifier:
    parts: dict[str, Any] = {
        "svm_c": 1.0,
        "forget_moments": False,
        "init": None,
        "optimizer": lambda groups: torch.optim.Adam(groups, lr=0.003),
        "schedule": constant,
        "decay_norm_and_bias": False,
        "metrics": {},
        "loss": OpenFaceTriplet(margin=0.2),
    }
    return EmbeddingClassifier(
        EmbeddingNet(body=Body(), values=12, num_classes=10), **(parts | changed)
    )


def batches(count: int = 200) -> tuple[Tensor, Tensor]:
    labels = torch.arange(count) % 10
    images = torch.randn(count, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    images[torch.arange(count), 0, 2 * labels] += 2
    return images, labels


def fit(model: EmbeddingClassifier, epochs: int, validate: bool = False) -> pl.Trainer:
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(*batches()), batch_size=50)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, loader, loader if validate else None)
    return trainer


def test_training_ends_with_the_svm_of_the_training_images_vectors() -> None:
    trained = model()
    trainer = fit(trained, 10)
    images, labels = batches()
    with torch.no_grad():
        vectors = trained.net.body(images).numpy()
        scores = trained(images).numpy()
    theirs = LinearSVC(C=1.0, dual=False, tol=1e-10).fit(vectors, labels.numpy())
    np.testing.assert_allclose(scores, theirs.decision_function(vectors), atol=1e-3)
    assert (scores.argmax(1) == labels.numpy()).mean() > 0.9
    logged = trainer.callback_metrics
    assert 0.9 < logged["train/accuracy"] <= 1
    assert trained.net.training


def test_each_validation_reads_what_the_net_is_then() -> None:
    trainer = fit(model(), 10, validate=True)
    assert trainer.callback_metrics["val/accuracy"] > 0.9


def test_the_readout_is_not_trained() -> None:
    trained = model()
    readout = list(trained.net.readout.parameters())
    groups = trained.make_optimizer().param_groups
    optimized = [parameter for group in groups for parameter in group["params"]]
    assert len(optimized) == 2
    assert not any(each is parameter for each in optimized for parameter in readout)


@pytest.mark.parametrize(("forget", "steps"), [(False, 12), (True, 4)])
def test_moments_are_forgotten_where_asked(forget: bool, steps: int) -> None:
    trainer = fit(model(forget_moments=forget), 3)
    (state, *_) = trainer.optimizers[0].state.values()
    assert int(state["step"]) == steps  # of four in an epoch


def test_vectors_of_mixed_images_are_refused() -> None:
    with pytest.raises(BenchError, match=r"model\.mixing: .* use none"):
        model(mixing=Mixup(alpha=0.2, p=1.0))
