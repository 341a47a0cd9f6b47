"""The net of published row 16, by its author called CoolNameNet."""

import math

import torch
from torch import Tensor, nn

from fmnist_bench.nets.batch_renorm import BatchRenorm

_REDUCTION = 8
_NARROWEST = 32
_MOST_GROUPS = 32
_DROPPED_CHANNELS = 0.05


class CoolNameNet(nn.Module):
    """Blocks of grouped, densely connected convolutions with squeeze and excitation.

    The source keeps its `density` dense units of each block in a plain list, where no
    optimizer finds them: with `frozen_dense_units` they keep the random weights that they
    begin with, PyTorch's of before 1.2. (There they also normalise by the batch when the net
    is scored; here by running statistics.)

    Parameters for width 96, depth 5, density 2 and 10 classes: 295,968 that train, and
    162,720 in the dense units.
    """

    def __init__(
        self, *, width: int, depth: int, density: int, frozen_dense_units: bool, num_classes: int
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, kernel_size=3, bias=False)
        groups = [min(_MOST_GROUPS, 2 ** (number + 1)) for number in range(depth)]
        self.blocks = nn.Sequential(*(_Block(width, density, each) for each in groups))
        self.norm = BatchRenorm(width)
        self.classifier = nn.Linear(width, num_classes, bias=False)
        if frozen_dense_units:
            for block in self.blocks:
                assert isinstance(block, _Block)
                _freeze(block.dense)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 1, 28, 28) to scores (B, num_classes)."""
        maps = self.blocks(self.stem(images))
        scores: Tensor = self.classifier(self.norm(maps.mean((2, 3)) + maps.amax((2, 3))))
        return scores


class _Block(nn.Module):
    def __init__(self, width: int, density: int, groups: int) -> None:
        super().__init__()
        channels, dense = width, []
        for number in range(density):
            added = max(width // 2**number, _NARROWEST)
            dense.append(_unit(channels, added, groups))
            channels += added
        self.dense = nn.ModuleList(dense)
        self.bottleneck = nn.Sequential(
            _unit(channels, width, groups),
            nn.Dropout2d(_DROPPED_CHANNELS),
            _unit(width, width, groups, stride=2),
        )
        self.excitation = nn.Sequential(
            nn.Linear(width, width // _REDUCTION, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(width // _REDUCTION, width, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        for unit in self.dense:
            x = torch.cat((x, unit(x)), dim=1)
        x = self.bottleneck(x)
        gates: Tensor = self.excitation(x.mean((2, 3)))
        return x * gates[:, :, None, None]


def _unit(channels: int, wider: int, groups: int, *, stride: int = 1) -> nn.Sequential:
    if channels % groups or wider % groups:
        groups = math.gcd(channels, wider)
    conv = nn.Conv2d(channels, wider, 3, stride=stride, padding=1, groups=groups, bias=False)
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True), conv)


def _freeze(units: nn.Module) -> None:
    for module in units.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight)
    units.requires_grad_(False)
