"""The VGG-like net of reference system 3."""

import torch
from torch import nn


class VGG(nn.Module):
    """Six 3x3 convolutions in three groups, then dense layers of 512 and 64.

    `conv_dropout` is the rate after each group, `dense_dropout` the rate after
    each hidden dense layer; the reference does not state them. Parameters for 10
    classes: 7,001,194.
    """

    def __init__(self, *, conv_dropout: float, dense_dropout: float, num_classes: int) -> None:
        super().__init__()
        # ReLU after pooling gives the same values as before it, for a quarter of the work.
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(32, 32, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Dropout(conv_dropout),
            nn.Conv2d(32, 64, kernel_size=3, padding=1),
            nn.MaxPool2d(2),
            nn.ReLU(inplace=True),
            nn.Dropout(conv_dropout),
            nn.Conv2d(64, 128, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(128, 128, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(128, 256, kernel_size=3, padding=1),
            nn.MaxPool2d(2),
            nn.ReLU(inplace=True),
            nn.Dropout(conv_dropout),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(256 * 7 * 7, 512),
            nn.ReLU(inplace=True),
            nn.Dropout(dense_dropout),
            nn.Linear(512, 64),
            nn.ReLU(inplace=True),
            nn.Dropout(dense_dropout),
            nn.Linear(64, num_classes),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map images (B, 1, 28, 28) to logits (B, num_classes)."""
        logits: torch.Tensor = self.classifier(self.features(images))
        return logits
