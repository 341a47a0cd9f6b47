"""From an image file to what the net is shown."""

from pathlib import Path

from fmnist_bench.errors import BenchError
from fmnist_bench.inference.picture import Picture
from fmnist_bench.inference.style import SIDE, Converted, to_style


def convert(picture: Picture, path: Path, dataset: str, *, as_is: bool) -> Converted:
    """Convert `picture`, read from `path`, to the style of `dataset`.

    With `as_is` nothing is converted; the file must then be 28x28 pixels of 8-bit grey.

    Raises:
        BenchError: `as_is`, and it is not.
    """
    height, width = picture.grey.shape
    if as_is:
        if (height, width) != (SIDE, SIDE) or picture.steps:
            also = f" and needs: {', '.join(picture.steps)}" if picture.steps else ""
            raise BenchError(
                f"{path}: is {width}x{height}{also}; --as-is takes 28x28 of 8-bit grey, "
                "leave it away to have the image converted"
            )
        return Converted(picture.grey, ("as it is",))
    converted = to_style(picture.grey, dataset)
    return Converted(converted.pixels, (f"{width}x{height}", *picture.steps, *converted.steps))
