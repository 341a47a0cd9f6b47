"""The wide residual net of Zagoruyko and Komodakis."""

import torch
from torch import nn
from torch.nn.functional import relu

from fmnist_bench.errors import BenchError

_STEM = 16


class WideResNet(nn.Module):
    """WRN-`depth`-`width`: a 3x3 stem, three groups of pre-activation blocks, global pooling.

    "Wide Residual Networks" (Zagoruyko and Komodakis 2016, arXiv:1605.07146), table 1, with
    one input channel; images of 28x28 have 28x28, 14x14 and 7x7 places in the groups.
    `dropout` is the rate between the two convolutions of a block. Convolutions start as in
    the paper's code: normal, variance 2 / (kernel area x output channels).

    Parameters for 10 classes: WRN-16-4 2,748,602, WRN-16-8 10,961,082, WRN-28-10 36,478,906
    (288 fewer than with the paper's three input channels).

    Raises:
        BenchError: `depth` is not 6n + 4 with n >= 1, or `width` is not at least 1.
    """

    def __init__(self, *, depth: int, width: int, dropout: float, num_classes: int) -> None:
        super().__init__()
        blocks, rest = divmod(depth - 4, 6)
        if rest or blocks < 1:
            raise BenchError(f"depth: {depth}, expected 6n + 4: 10, 16, 22, 28, 34, 40, ...")
        if width < 1:
            raise BenchError(f"width: {width}, expected at least 1")
        self.stem = _conv3x3(1, _STEM, stride=1)
        layers: list[nn.Module] = []
        channels = _STEM
        for group in range(3):
            wider = _STEM * width * 2**group
            for block in range(blocks):
                stride = 2 if group and not block else 1
                layers.append(_Block(channels, wider, stride=stride, dropout=dropout))
                channels = wider
        self.blocks = nn.Sequential(*layers)
        self.norm = nn.BatchNorm2d(channels)
        self.classifier = nn.Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(self.classifier.bias)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map images (B, 1, H, W) to logits (B, num_classes)."""
        features = relu(self.norm(self.blocks(self.stem(images))))
        logits: torch.Tensor = self.classifier(features.mean((2, 3)))
        return logits


class _Block(nn.Module):
    """Norm, ReLU and 3x3 convolution, twice, beside a shortcut.

    Where width or size change, the shortcut is a 1x1 convolution of the normalised input,
    as in the paper's code.
    """

    def __init__(self, channels: int, wider: int, *, stride: int, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = _conv3x3(channels, wider, stride=stride)
        self.norm2 = nn.BatchNorm2d(wider)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = _conv3x3(wider, wider, stride=1)
        self.shortcut = (
            None
            if channels == wider and stride == 1
            else nn.Conv2d(channels, wider, kernel_size=1, stride=stride, bias=False)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        normed = relu(self.norm1(x))
        branch = self.conv2(self.dropout(relu(self.norm2(self.conv1(normed)))))
        total: torch.Tensor = branch + (x if self.shortcut is None else self.shortcut(normed))
        return total


def _conv3x3(channels: int, wider: int, *, stride: int) -> nn.Conv2d:
    return nn.Conv2d(channels, wider, kernel_size=3, stride=stride, padding=1, bias=False)
