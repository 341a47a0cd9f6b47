"""OpenFace's nn4, cut to images of 28x28: published row 23."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_SHRUNK = (1, 1, 1, 1)


class InceptionNN4(nn.Module):
    """An Inception net (Szegedy et al. 2014, arXiv:1409.4842) that ends in a vector of length 1.

    The variant NN4 of FaceNet (Schroff et al. 2015, arXiv:1503.03832) as OpenFace built it,
    without the units 4b to 4d, and with pools small enough for what is left of 28x28 pixels.
    The grey image is shown as three equal channels. Parameters for 128 values: 4,982,736.
    """

    def __init__(self, *, values: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_conv(3, 64, 7, stride=2),
            nn.MaxPool2d(3, 2, padding=1),
            nn.LocalResponseNorm(5),
            *_conv(64, 64, 1),
            *_conv(64, 192, 3),
            nn.LocalResponseNorm(5),
            nn.MaxPool2d(3, 2, padding=1),
            _Inception(192, three=(96, 128), five=(16, 32), pool=_max_pool(1), project=32, one=64),
            _Inception(256, three=(96, 128), five=(32, 64), pool=_L2Pool(), project=64, one=64),
            _Inception(320, three=(128, 256), five=(32, 64), pool=_max_pool(2), stride=2),
            # Of one pixel that is not negative, the L2 pool is the pixel itself.
            _Inception(640, three=(96, 192), five=(32, 64), project=128, one=256),
            _Inception(640, three=(160, 256), five=(64, 128), pool=_max_pool(2), stride=2),
            _Inception(1024, three=(192, 384), project=128, one=384),
            _Inception(896, three=(192, 384), pool=_max_pool(1), project=128, one=384),
            nn.Flatten(),
        )
        self.embed = nn.Linear(896, values)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 1, 28, 28) to vectors (B, values) of length 1."""
        features = self.layers(images.expand(-1, 3, -1, -1))
        return F.normalize(self.embed(features))


class _Inception(nn.Module):
    """Branches side by side: 3x3 and 5x5 behind a 1x1 each, a pool with a 1x1 behind it, a 1x1."""

    def __init__(
        self,
        channels: int,
        *,
        three: tuple[int, int],
        five: tuple[int, int] | None = None,
        pool: nn.Module | None = None,
        project: int | None = None,
        one: int | None = None,
        stride: int = 1,
    ) -> None:
        super().__init__()
        branches = [_reduced(channels, three, 3, stride)]
        if five is not None:
            branches.append(_reduced(channels, five, 5, stride))
        pooled: list[nn.Module] = [pool] if pool is not None else []
        pooled += _conv(channels, project, 1) if project is not None else []
        if isinstance(pool, _L2Pool):
            pooled.append(nn.ZeroPad2d(_SHRUNK))  # back to the size of the other branches
        branches.append(nn.Sequential(*pooled))
        if one is not None:
            branches.append(nn.Sequential(*_conv(channels, one, 1)))
        self.branches = nn.ModuleList(branches)

    def forward(self, input: Tensor) -> Tensor:
        return torch.cat([branch(input) for branch in self.branches], dim=1)


class _L2Pool(nn.Module):
    """The length of the values of 3x3 pixels, unpadded."""

    def forward(self, input: Tensor) -> Tensor:
        total = F.avg_pool2d(input.square(), 3, stride=1, divisor_override=1)
        # The root's slope at 0 is infinite; as in Torch7, nothing is passed back there.
        there = total > 0
        return torch.where(there, total, 1.0).sqrt() * there


def _conv(channels: int, width: int, kernel: int, *, stride: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(channels, width, kernel, stride=stride, padding=kernel // 2)
    return [conv, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]


def _reduced(channels: int, widths: tuple[int, int], kernel: int, stride: int) -> nn.Module:
    before, behind = widths
    return nn.Sequential(*_conv(channels, before, 1), *_conv(before, behind, kernel, stride=stride))


def _max_pool(stride: int) -> nn.Module:
    return nn.MaxPool2d(3, stride, padding=1)
