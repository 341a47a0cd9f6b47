"""What every augmentation promises, whichever it is."""

import pytest
import torch
from torch import Generator, Tensor

from fmnist_bench.data.augment import (
    AlternatingFlip,
    Augmentation,
    Cutout,
    FastaiTransforms,
    HorizontalFlip,
    PixelShift,
    QuarterTurns,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RotatedCopies,
    TriedErasing,
    VerticalFlip,
)

AREA, ASPECT = [0.02, 0.4], [0.3, 3.3]
AUGMENTATIONS = {
    "crop": RandomCrop(padding=2, mode="zero"),
    "crop reflect": RandomCrop(padding=3, mode="reflect"),
    "horizontal": HorizontalFlip(p=0.5),
    "vertical": VerticalFlip(p=0.5),
    "alternating": AlternatingFlip(),
    "affine": RandomAffine(degrees=10, zoom=0.1, shift=0.1),
    "erase": RandomErasing(p=0.5, area=AREA, aspect=ASPECT, value="zero"),
    "erase noise": RandomErasing(p=0.5, area=AREA, aspect=ASPECT, value="noise"),
    "cutout": Cutout(size=9, p=0.5),
    "erase tried": TriedErasing(p=0.5, area=AREA, aspect=ASPECT, grey=72, may_span=False),
    "copies": RotatedCopies(copies=2, degrees=10, flip_p=0.5),
    "fastai": FastaiTransforms(p=0.75, degrees=10, zoom=1.1, warp=0.2, light=0.2),
    "turn": QuarterTurns(p=0.5, degrees=[180]),
    "shift": PixelShift(p=0.5, pixels=[-10.5, 9.5], fill="zero"),
    "shift border": PixelShift(p=1, pixels=[-2.8, 2.8], fill="border"),
}
WITHOUT_EFFECT = {
    "crop": RandomCrop(padding=0, mode="zero"),
    "crop reflect": RandomCrop(padding=0, mode="reflect"),
    "horizontal": HorizontalFlip(p=0),
    "vertical": VerticalFlip(p=0),
    "affine": RandomAffine(degrees=0, zoom=0, shift=0),
    "erase": RandomErasing(p=0, area=AREA, aspect=ASPECT, value="zero"),
    "erase noise": RandomErasing(p=0, area=AREA, aspect=ASPECT, value="noise"),
    "cutout": Cutout(size=9, p=0),
    "erase tried": TriedErasing(p=0, area=AREA, aspect=ASPECT, grey=72, may_span=True),
    "fastai": FastaiTransforms(p=0, degrees=10, zoom=1.1, warp=0.2, light=0.2),
    "turn": QuarterTurns(p=0, degrees=[90, 180]),
    "shift": PixelShift(p=0, pixels=[-3, 3], fill="zero"),
    "shift border": PixelShift(p=1, pixels=[-0.4, 0.4], fill="border"),
}

every_augmentation = pytest.mark.parametrize(
    "augmentation", AUGMENTATIONS.values(), ids=AUGMENTATIONS.keys()
)


def draw(augmentation: Augmentation, count: int, seed: int = 3, epoch: int = 0) -> Tensor:
    return augmentation.draw(torch.arange(count), epoch, Generator().manual_seed(seed))


@every_augmentation
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("shape", [(37, 1, 28, 28), (5, 3, 20, 31), (1, 3, 32, 32)])
def test_keeps_shape_and_dtype_and_leaves_its_input(
    augmentation: Augmentation, dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    images = torch.randint(256, shape, generator=Generator().manual_seed(1)).to(dtype)
    before = images.clone()
    changed = augmentation.apply(images, draw(augmentation, len(images)))
    assert (changed.shape, changed.dtype) == (images.shape, dtype)
    assert torch.equal(images, before)


@every_augmentation
def test_changes_images(augmentation: Augmentation, images: Tensor) -> None:
    changed = augmentation.apply(images, draw(augmentation, len(images)))
    share = (changed != images).flatten(1).any(1).float().mean()
    assert share >= 0.25


@every_augmentation
def test_each_channel_is_moved_and_blotted_alike(augmentation: Augmentation) -> None:
    images = torch.randint(1, 256, (9, 3, 12, 17), generator=Generator().manual_seed(1)).byte()
    parameters = draw(augmentation, len(images))
    changed = augmentation.apply(images, parameters)
    first = augmentation.apply(images[:, :1], parameters)
    assert torch.equal(changed[:, :1], first)  # noise, too, is drawn by the place from the start
    if augmentation is not AUGMENTATIONS["erase noise"]:
        for channel in range(1, 3):
            grey = images[:, channel : channel + 1]
            alone = augmentation.apply(grey, parameters)
            assert torch.equal(changed[:, channel : channel + 1], alone)


@every_augmentation
def test_cutting_into_batches_changes_nothing(augmentation: Augmentation, images: Tensor) -> None:
    parameters = draw(augmentation, len(images))
    whole = augmentation.apply(images, parameters)
    sizes = [1, 20, 16]
    parts = zip(images.split(sizes), parameters.split(sizes), strict=True)
    assert torch.equal(torch.cat([augmentation.apply(*part) for part in parts]), whole)


@every_augmentation
def test_uint8_and_float_images_change_alike(augmentation: Augmentation, images: Tensor) -> None:
    parameters = draw(augmentation, len(images))
    from_float = augmentation.apply(images.float(), parameters)
    torch.testing.assert_close(
        from_float.round().to(torch.uint8), augmentation.apply(images, parameters), atol=0, rtol=0
    )


@every_augmentation
def test_draw_is_a_function_of_the_generators_seed(augmentation: Augmentation) -> None:
    parameters = draw(augmentation, 100)
    assert parameters.device.type == "cpu"
    assert parameters.ndim == 2
    assert torch.equal(parameters, draw(augmentation, 100))


@every_augmentation
def test_draw_for_an_image_ignores_how_many_follow(augmentation: Augmentation) -> None:
    assert torch.equal(draw(augmentation, 100)[:30], draw(augmentation, 30))


@pytest.mark.parametrize("name", sorted(set(AUGMENTATIONS) - {"alternating", "copies"}))
def test_another_seed_draws_differently(name: str) -> None:
    augmentation = AUGMENTATIONS[name]
    assert not torch.equal(draw(augmentation, 100, seed=3), draw(augmentation, 100, seed=4))


@every_augmentation
def test_compiles_into_one_graph(augmentation: Augmentation, images: Tensor) -> None:
    """A read of a value on the host, or a shape that depends on data, would break the graph."""
    parameters = draw(augmentation, len(images))
    compiled = torch.compile(augmentation.apply, fullgraph=True, backend="eager")
    assert torch.equal(compiled(images, parameters), augmentation.apply(images, parameters))


@every_augmentation
def test_never_waits_for_the_device(augmentation: Augmentation, images: Tensor) -> None:
    """On the meta device there are no values: reading one, or a shape that needs one, fails."""
    parameters = draw(augmentation, len(images))
    augmented = augmentation.apply(images.to("meta"), parameters.to("meta"))
    assert augmented.device.type == "meta"
    assert (augmented.shape, augmented.dtype) == (images.shape, images.dtype)


def test_the_meta_device_notices_a_read_of_a_value() -> None:
    images = torch.zeros(2, 1, 28, 28, device="meta")
    with pytest.raises(RuntimeError, match="meta"):
        images.max().item()
    with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
        images[images > 0]


@pytest.mark.parametrize("augmentation", WITHOUT_EFFECT.values(), ids=WITHOUT_EFFECT.keys())
def test_no_magnitude_no_change(augmentation: Augmentation, images: Tensor) -> None:
    assert torch.equal(augmentation.apply(images, draw(augmentation, len(images))), images)
