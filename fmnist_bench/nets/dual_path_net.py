"""The dual path net of published row 26."""

import torch
from torch import Tensor, nn

_STEM = 16
_BLOCKS = 3


class DualPathNet(nn.Module):
    """Three stages in which a residual and a dense path share their convolutions.

    Dual paths (Chen et al. 2017, arXiv:1707.01629) out of the basic blocks of a wide residual
    net. Stage by stage the residual path is 160, 320 and 640 channels wide times `width` / 10,
    and the dense path grows by 16, 32 and 64 channels a block. Convolutions and the last layer
    start as in the source's code: normal, variance 2 / (kernel area x output channels), and
    2 / inputs.

    Parameters for width 10 and 10 classes: 47,751,450.
    """

    def __init__(self, *, width: int, num_classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv3x3(1, _STEM, stride=1)]
        channels = _STEM
        for stage in range(3):
            residual, growth = 16 * width * 2**stage, 16 * 2**stage
            layers.append(_StageStart(channels, residual, growth, stride=2 if stage else 1))
            channels = residual + 2 * growth
            for _ in range(_BLOCKS):
                layers.append(_DualBlock(channels, residual, growth))
                channels += growth
        self.features = nn.Sequential(*layers, nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
        self.classifier = nn.Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        nn.init.kaiming_normal_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 1, H, W) to scores (B, num_classes)."""
        scores: Tensor = self.classifier(self.features(images).mean((2, 3)))
        return scores


class _StageStart(nn.Module):
    """A residual block onto `residual` channels beside a bare convolution onto 2 x `growth`."""

    def __init__(self, channels: int, residual: int, growth: int, *, stride: int) -> None:
        super().__init__()
        self.norm = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
        self.branch = nn.Sequential(
            _conv3x3(channels, residual, stride=stride),
            nn.BatchNorm2d(residual),
            nn.ReLU(inplace=True),
            _conv3x3(residual, residual, stride=1),
        )
        self.shortcut = nn.Conv2d(channels, residual, kernel_size=1, stride=stride, bias=False)
        self.dense = _conv3x3(channels, 2 * growth, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        return torch.cat((self.branch(normed) + self.shortcut(normed), self.dense(x)), dim=1)


class _DualBlock(nn.Module):
    """Two convolutions, whose first `residual` channels are added and the others appended."""

    def __init__(self, channels: int, residual: int, growth: int) -> None:
        super().__init__()
        self._residual = residual
        both = residual + growth
        self.branch = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            _conv3x3(channels, both, stride=1),
            nn.BatchNorm2d(both),
            nn.ReLU(inplace=True),
            _conv3x3(both, both, stride=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        made = self.branch(x)
        added = x[:, : self._residual] + made[:, : self._residual]
        return torch.cat((added, x[:, self._residual :], made[:, self._residual :]), dim=1)


def _conv3x3(channels: int, wider: int, *, stride: int) -> nn.Conv2d:
    return nn.Conv2d(channels, wider, kernel_size=3, stride=stride, padding=1, bias=False)
