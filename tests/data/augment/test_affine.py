import math

import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from torch import Generator, Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from fmnist_bench.data.augment import RandomAffine

AFFINE = RandomAffine(degrees=30, zoom=0.2, shift=0.2)


@pytest.mark.parametrize("side", [(28, 28), (20, 31)])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_every_image_is_torchvisions_affine(side: tuple[int, int], dtype: torch.dtype) -> None:
    images = torch.randint(256, (40, 1, *side), generator=Generator().manual_seed(1)).to(dtype)
    parameters = AFFINE.draw(torch.arange(40), 0, Generator().manual_seed(0))
    parameters[:, 2] = parameters[:, 1]  # torchvision zooms both axes alike
    expected = [
        reference.affine(
            image,
            angle=math.degrees(angle),
            translate=[right * side[1], down * side[0]],
            scale=1 / zoom,
            shear=[0.0, 0.0],
            interpolation=InterpolationMode.BILINEAR,
        )
        for image, (angle, zoom, _, down, right) in zip(images, parameters.tolist(), strict=True)
    ]
    difference = AFFINE.apply(images, parameters).float() - torch.stack(expected).float()
    # float32 coordinates: 1e-5 pixels times steps of 255 between neighbours; in uint8,
    # half a grey level may round either way.
    assert difference.abs().max() <= (1 if dtype == torch.uint8 else 0.01)
    assert difference.abs().mean() < 0.001


def test_each_axis_zooms_by_itself_like_scipy(images: Tensor) -> None:
    parameters = AFFINE.draw(torch.arange(len(images)), 0, Generator().manual_seed(0))
    moved = AFFINE.apply(images.float(), parameters)
    centre = np.array([13.5, 13.5])
    for image, result, row in zip(images, moved, parameters.tolist(), strict=True):
        angle, zoom_y, zoom_x, down, right = row
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        # scipy asks where the output pixel (y, x) comes from; y points down, so the way
        # back of a clockwise turn is this matrix.
        back = turn @ np.diag([zoom_y, zoom_x])
        offset = centre - back @ (centre + 28 * np.array([down, right]))
        expected = ndimage.affine_transform(
            image[0].numpy().astype(np.float64), back, offset, order=1, mode="grid-constant"
        )
        np.testing.assert_allclose(result[0].numpy(), expected, atol=0.01)


def test_a_quarter_turn_and_a_shift_by_whole_pixels_are_exact(images: Tensor) -> None:
    quarter = torch.tensor([[math.pi / 2, 1.0, 1.0, 0.0, 0.0]]).expand(len(images), -1)
    assert torch.equal(AFFINE.apply(images, quarter), images.rot90(-1, (2, 3)))
    right = torch.tensor([[0.0, 1.0, 1.0, 0.0, 3 / 28]]).expand(len(images), -1)
    moved = AFFINE.apply(images, right)
    assert torch.equal(moved[..., 3:], images[..., :-3])
    assert not moved[..., :3].any()


def test_draws_are_uniform_and_independent() -> None:
    parameters = AFFINE.draw(torch.arange(5000), 0, Generator().manual_seed(0)).numpy()
    ranges = [(-math.radians(30), math.radians(30)), (0.8, 1.2), (0.8, 1.2), (-0.2, 0.2)]
    for column, (low, high) in zip(parameters.T, [*ranges, ranges[-1]], strict=True):
        assert stats.kstest(column, stats.uniform(low, high - low).cdf).pvalue > 0.01
    correlations = np.corrcoef(parameters.T) - np.eye(5)
    # Five standard errors of the correlation of independent columns.
    assert np.abs(correlations).max() < 5 / math.sqrt(5000)
