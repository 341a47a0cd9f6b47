"""Softmax regression on the pixels."""

import torch
from torch import nn


class SoftmaxRegression(nn.Module):
    """One dense layer, 784 -> `num_classes`. Parameters for 10 classes: 7,850."""

    def __init__(self, *, num_classes: int) -> None:
        super().__init__()
        self.classifier = nn.Linear(28 * 28, num_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map images (B, 1, 28, 28) to logits (B, num_classes)."""
        logits: torch.Tensor = self.classifier(images.flatten(1))
        return logits
