"""The net of published row 36, which scores an image together with a label."""

import torch
from torch import Tensor, nn

from fmnist_bench.nets.plain_layers import MaxNormLinear

_FEATURES = 800
_LABEL_WIDTH = 32
_JOINT_WIDTH = 160
_MAX_NORM = 3.0


class DyraNet(nn.Module):
    """Two convolutions for the image, one dense layer for the label, two for both together.

    The image's features are computed once and joined with those of every label; dropout of
    the joint layer differs between labels, that of the image does not (the source computes
    the image anew for each pair of labels). Parameters for 10 classes: 143,489.
    """

    def __init__(self, *, num_classes: int, norm_eps: float, norm_momentum: float) -> None:
        """Take what batch normalisation adds to the variance, and the share of each batch."""
        super().__init__()
        self.image = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3),
            nn.MaxPool2d(2),
            nn.ReLU(inplace=True),
            nn.BatchNorm2d(32, eps=norm_eps, momentum=norm_momentum),
            nn.Conv2d(32, 32, kernel_size=3),
            nn.MaxPool2d(2),
            nn.ReLU(inplace=True),
            nn.BatchNorm2d(32, eps=norm_eps, momentum=norm_momentum),
            nn.Dropout(0.25),
            nn.Flatten(),
        )
        self.label = nn.Linear(num_classes, _LABEL_WIDTH)
        self.joint = MaxNormLinear(_FEATURES + _LABEL_WIDTH, _JOINT_WIDTH, max_norm=_MAX_NORM)
        self.dropout = nn.Dropout(0.5)
        self.score = MaxNormLinear(_JOINT_WIDTH, 1, max_norm=_MAX_NORM)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 1, 28, 28) to scores (B, num_classes) of each label."""
        # A one-hot label picks a column of the weights.
        labels = torch.tanh(self.label.weight.T + self.label.bias)
        of_image, of_label = torch.split(self.joint.shortened(), [_FEATURES, _LABEL_WIDTH], dim=1)
        # The product with the joined values, in its two parts: the image's counts once.
        images = self.image(images) @ of_image.T + self.joint.bias
        joint = torch.tanh(images[:, None] + labels @ of_label.T)
        scores: Tensor = self.score(self.dropout(joint)).squeeze(2)
        return scores
