"""The multi-layer perceptron of reference system 1."""

from collections.abc import Sequence

import torch
from torch import nn


class MLP(nn.Module):
    """Dense layers with ReLU on the flattened image.

    `hidden` gives the width of each hidden layer; `dropout` is the rate after
    each of them (0 in the reference). Parameters with hidden = [300, 100] and 10
    classes: 266,610.
    """

    def __init__(self, *, hidden: Sequence[int], dropout: float, num_classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = 28 * 28
        for next_width in hidden:
            layers += [nn.Linear(width, next_width), nn.ReLU(inplace=True), nn.Dropout(dropout)]
            width = next_width
        self.classifier = nn.Sequential(nn.Flatten(), *layers, nn.Linear(width, num_classes))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map images (B, 1, 28, 28) to logits (B, num_classes)."""
        logits: torch.Tensor = self.classifier(images)
        return logits
