"""A net that learns from the scores of a trained one beside the labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.weights import mismatch, read_weights
from fmnist_bench.training.classifier import Classifier
from fmnist_bench.training.cost import mac_count


def trained(
    net: nn.Module, *, weights: str | None, weights_sha256: str | None, pretraining: str | None
) -> nn.Module:
    """Return `net` with the weights of a run, from its file and with the file's SHA-256 (hex).

    `pretraining` names other data that they have seen.

    Raises:
        BenchError: no file, another digest, or weights of another net.
    """
    if weights is None:
        raise BenchError("model.teacher.weights: a distillation needs its teacher; name a file")
    state = read_weights(Path(weights), weights_sha256)
    differences = mismatch(state, net.state_dict())
    if differences:
        raise BenchError(f"{weights}: not of this teacher's net: {differences}")
    net.load_state_dict(state)
    vars(net)["pretraining"] = pretraining
    return net


class Distilling(Classifier):
    """Trains `net` on the labels and on what `teacher` says of the same images.

    The loss is (1 - `teacher_share`) times the labels' and `teacher_share` times the divergence
    from the teacher's probabilities, both softened by `temperature`, times its square. Method:
    Hinton et al., "Distilling the Knowledge in a Neural Network" (arXiv:1503.02531).
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        teacher: nn.Module,
        teacher_share: float,
        temperature: float,
        **parts: Any,
    ) -> None:
        """Take the net, its teacher, and what any classifier takes.

        Raises:
            BenchError: a share outside [0, 1] or a temperature that is not positive.
        """
        super().__init__(net, **parts)
        if not 0 <= teacher_share <= 1:
            raise BenchError(f"model.teacher_share: {teacher_share}, expected 0 to 1")
        if not temperature > 0:
            raise BenchError(f"model.temperature: {temperature}, expected more than 0")
        # In a tuple, so that it is no part of this module: neither saved nor averaged.
        self._teacher = (teacher.eval().requires_grad_(False),)
        self._teacher_share, self._temperature = teacher_share, temperature

    @property
    def pretraining(self) -> str | None:
        """What the teacher saw before this run's images, for the record."""
        seen = getattr(self._teacher[0], "pretraining", None)
        return f"distilled from a net of {seen}" if seen else None

    def on_fit_start(self) -> None:
        self._teacher[0].to(self.device)

    def loss_of(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        loss, scores = super().loss_of(images, targets)
        with torch.no_grad():
            taught = F.log_softmax(self._teacher[0](images) / self._temperature, 1)
        own = F.log_softmax(scores / self._temperature, 1)
        apart = F.kl_div(own, taught, reduction="batchmean", log_target=True)
        return torch.lerp(loss, apart * self._temperature**2, self._teacher_share), scores

    def training_macs(self, image_shape: Sequence[int]) -> int:
        return super().training_macs(image_shape) + mac_count(self._teacher[0], image_shape)
