"""Which image files a command line names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fmnist_bench.inference.picture import SUFFIXES


@dataclass(frozen=True)
class Gathered:
    """Image files in order, each with None, and named folders that give none, with the reason.

    `skipped` counts the other files in the folders.
    """

    found: tuple[tuple[Path, str | None], ...]
    skipped: int


def gather(paths: Sequence[Path]) -> Gathered:
    """Replace every folder in `paths` by the images in it, told by their suffix, by name.

    Folders inside it and hidden files are not looked at.
    """
    found: list[tuple[Path, str | None]] = []
    skipped = 0
    for path in paths:
        if not path.is_dir():
            found.append((path, None))
            continue
        try:
            entries = sorted(path.iterdir())
        except OSError as error:
            found.append((path, f"{path}: cannot be read ({error.strerror})"))
            continue
        files = [each for each in entries if each.is_file() and not each.name.startswith(".")]
        images = [each for each in files if each.suffix.lower() in SUFFIXES]
        skipped += len(files) - len(images)
        found += [(image, None) for image in images]
        if not images:
            found.append((path, f"{path}: no images here; expected .png, .jpg or the like"))
    return Gathered(tuple(found), skipped)
