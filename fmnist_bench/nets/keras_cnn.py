"""The four-convolution net of reference system 2."""

import torch
from torch import nn


class KerasCNN(nn.Module):
    """Two pairs of convolutions ("same" padding), each pooled and dropped out, one hidden layer.

    `conv_dropout` is the rate after each pair, `dense_dropout` the rate after the
    hidden layer (0.25 each in the reference). Parameters for 10 classes: 887,530.
    """

    def __init__(self, *, conv_dropout: float, dense_dropout: float, num_classes: int) -> None:
        super().__init__()
        # ReLU after pooling gives the same values as before it, for a quarter of the work.
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.Conv2d(32, 32, kernel_size=5, padding=2),
            nn.MaxPool2d(2),
            nn.ReLU(inplace=True),
            nn.Dropout(conv_dropout),
            nn.Conv2d(32, 64, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(64, 64, kernel_size=3, padding=1),
            nn.MaxPool2d(2),
            nn.ReLU(inplace=True),
            nn.Dropout(conv_dropout),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(64 * 7 * 7, 256),
            nn.ReLU(inplace=True),
            nn.Dropout(dense_dropout),
            nn.Linear(256, num_classes),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map images (B, 1, 28, 28) to logits (B, num_classes)."""
        logits: torch.Tensor = self.classifier(self.features(images))
        return logits
