"""Augmentations of whole batches, on the device that trains.

One class per conf entry. `Augmentation` states what each of them keeps to.
"""

from fmnist_bench.data.augment.contract import Augmentation
from fmnist_bench.data.augment.erase import Cutout, RandomErasing
from fmnist_bench.data.augment.erase_tried import TriedErasing
from fmnist_bench.data.augment.fastai import FastaiTransforms
from fmnist_bench.data.augment.move import PixelShift, RandomCrop
from fmnist_bench.data.augment.resample import RandomAffine, RotatedCopies
from fmnist_bench.data.augment.versions import (
    AlternatingFlip,
    HorizontalFlip,
    QuarterTurns,
    VerticalFlip,
)

__all__ = [
    "AlternatingFlip",
    "Augmentation",
    "Cutout",
    "FastaiTransforms",
    "HorizontalFlip",
    "PixelShift",
    "QuarterTurns",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RotatedCopies",
    "TriedErasing",
    "VerticalFlip",
]
