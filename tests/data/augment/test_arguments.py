from collections.abc import Callable

import pytest

from fmnist_bench.data.augment import (
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
from fmnist_bench.errors import BenchError


def erasing(**changed: object) -> RandomErasing:
    fitting = {"p": 0.5, "area": [0.1, 0.2], "aspect": [0.5, 2.0], "value": "zero"}
    return RandomErasing(**{**fitting, **changed})  # type: ignore[arg-type]  # wrong on purpose


def tried(**changed: object) -> TriedErasing:
    fitting = {"p": 0.5, "area": [0.1, 0.2], "aspect": [0.5, 2.0], "grey": 72, "may_span": False}
    return TriedErasing(**{**fitting, **changed})  # type: ignore[arg-type]  # wrong on purpose


def fastai(**changed: object) -> FastaiTransforms:
    fitting = {"p": 0.5, "degrees": 10, "zoom": 1.1, "warp": 0.2, "light": 0.2}
    return FastaiTransforms(**{**fitting, **changed})  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("build", "named", "wrong"),
    [
        (lambda: RandomCrop(padding=-1, mode="zero"), "RandomCrop padding", "-1"),
        (lambda: RandomCrop(padding=1.5, mode="zero"), "RandomCrop padding", "1.5"),
        (lambda: RandomCrop(padding=True, mode="zero"), "RandomCrop padding", "True"),
        (lambda: RandomCrop(padding=2, mode="wrap"), "RandomCrop mode", "'wrap'"),
        (lambda: HorizontalFlip(p=1.1), "HorizontalFlip p", "1.1"),
        (lambda: HorizontalFlip(p="half"), "HorizontalFlip p", "'half'"),
        (lambda: HorizontalFlip(p=float("nan")), "HorizontalFlip p", "nan"),
        (lambda: VerticalFlip(p=-0.1), "VerticalFlip p", "-0.1"),
        (lambda: RandomAffine(degrees=181, zoom=0, shift=0), "RandomAffine degrees", "181"),
        (lambda: RandomAffine(degrees=0, zoom=-0.1, shift=0), "RandomAffine zoom", "-0.1"),
        (lambda: RandomAffine(degrees=0, zoom=0, shift=1.5), "RandomAffine shift", "1.5"),
        (lambda: QuarterTurns(p=2, degrees=[90]), "QuarterTurns p", "2"),
        (lambda: QuarterTurns(p=1, degrees=[90, 45]), "QuarterTurns degrees", "[90, 45]"),
        (lambda: QuarterTurns(p=1, degrees=[]), "QuarterTurns degrees", "[]"),
        (lambda: PixelShift(p=-1, pixels=[0, 1], fill="zero"), "PixelShift p", "-1"),
        (lambda: PixelShift(p=1, pixels=[1, 0], fill="zero"), "PixelShift pixels", "[1, 0]"),
        (lambda: PixelShift(p=1, pixels=[1], fill="zero"), "PixelShift pixels", "[1]"),
        (lambda: PixelShift(p=1, pixels=[0, 1], fill="wrap"), "PixelShift fill", "'wrap'"),
        (lambda: RotatedCopies(copies=0, degrees=1, flip_p=0), "RotatedCopies copies", "0"),
        (lambda: RotatedCopies(copies=1, degrees=-1, flip_p=0), "RotatedCopies degrees", "-1"),
        (lambda: RotatedCopies(copies=1, degrees=1, flip_p=2), "RotatedCopies flip_p", "2"),
        (lambda: tried(p=2), "TriedErasing p", "2"),
        (lambda: tried(area=[0.1, 3]), "TriedErasing area", "3"),
        (lambda: tried(aspect=[0, 3]), "TriedErasing aspect", "0"),
        (lambda: tried(grey=256), "TriedErasing grey", "256"),
        (lambda: fastai(p=2), "FastaiTransforms p", "2"),
        (lambda: fastai(degrees=181), "FastaiTransforms degrees", "181"),
        (lambda: fastai(zoom=0.9), "FastaiTransforms zoom", "0.9"),
        (lambda: fastai(warp=0.6), "FastaiTransforms warp", "0.6"),
        (lambda: fastai(light=1), "FastaiTransforms light", "1"),
        (lambda: Cutout(size=0, p=1), "Cutout size", "0"),
        (lambda: Cutout(size=8, p=2), "Cutout p", "2"),
        (lambda: erasing(p=-1), "RandomErasing p", "-1"),
        (lambda: erasing(area=[0.2, 0.1]), "RandomErasing area", "[0.2, 0.1]"),
        (lambda: erasing(area=[0.2, 1.1]), "RandomErasing area", "1.1"),
        (lambda: erasing(area=0.2), "RandomErasing area", "0.2"),
        (lambda: erasing(area="ab"), "RandomErasing area", "'ab'"),
        (lambda: erasing(aspect=[0, 2]), "RandomErasing aspect", "[0, 2]"),
        (lambda: erasing(aspect=[1.5, 2]), "RandomErasing aspect", "[1.5, 2]"),
        (lambda: erasing(aspect=[0.5, float("inf")]), "RandomErasing aspect", "inf"),
        (lambda: erasing(value="red"), "RandomErasing value", "'red'"),
    ],
)
def test_a_wrong_argument_is_named_in_one_line(
    build: Callable[[], object], named: str, wrong: str
) -> None:
    with pytest.raises(BenchError) as caught:
        build()
    message = str(caught.value)
    assert message.startswith(f"{named}: ")
    assert wrong in message
    assert "expected" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "build",
    [
        lambda: RandomCrop(padding=0, mode="reflect"),
        lambda: HorizontalFlip(p=1),
        lambda: RandomAffine(degrees=180, zoom=1, shift=1),
        lambda: Cutout(size=1, p=0.0),
        lambda: erasing(area=(0, 1), aspect=(1, 1)),
    ],
)
def test_the_limits_themselves_are_allowed(build: Callable[[], object]) -> None:
    build()
