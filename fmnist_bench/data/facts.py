"""What is fixed about each published dataset: digests, class names, pixel statistics.

Imports neither torch nor numpy, so that the board can read it in milliseconds.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from fmnist_bench.errors import BenchError

PROTOCOL_VERSION = 1
"""Version of the evaluation protocol; part of every run's identity."""

FILE_NAMES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
"""Part of the data -> name of its idx file, to which `.gz` may be added."""

FILE_SHAPES = {
    "train_images": (60_000, 28, 28),
    "train_labels": (60_000,),
    "test_images": (10_000, 28, 28),
    "test_labels": (10_000,),
}


@dataclass(frozen=True)
class DatasetFacts:
    """Facts of one published dataset.

    `sha256` maps each part in `FILE_NAMES` to the digest of its uncompressed idx file; `mean`
    and `std` are those of all pixels of the 60,000 training images, in units of [0, 1].
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    mean: float
    std: float
    sha256: dict[str, str]

    @property
    def digest(self) -> str:
        """What `digest_of` gives for the published files."""
        return digest_of(self.sha256)


def digest_of(sha256: Mapping[str, str]) -> str:
    """Return the SHA-256 (hex) over `sha256`, part -> digest; it identifies the data of a run."""
    joined = "\n".join(f"{part} {sha256[part]}" for part in sorted(sha256))
    return hashlib.sha256(joined.encode()).hexdigest()


FASHION_MNIST = DatasetFacts(
    name="fashion_mnist",
    title="Fashion-MNIST",
    class_names=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    mean=0.28604,
    std=0.35302,
    # The files as published since 31 August 2017.
    sha256={
        "train_images": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train_labels": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "test_images": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "test_labels": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
)

MNIST = DatasetFacts(
    name="mnist",
    title="MNIST",
    class_names=tuple(str(digit) for digit in range(10)),
    mean=0.13066,
    std=0.30811,
    sha256={
        "train_images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train_labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "test_images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "test_labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
)

DATASETS = {facts.name: facts for facts in (FASHION_MNIST, MNIST)}


def dataset_facts(name: str) -> DatasetFacts:
    """Return the facts of the published dataset `name`.

    Raises:
        BenchError: no published dataset has that name.
    """
    if name not in DATASETS:
        raise BenchError(f"data.name: unknown dataset {name!r}; known: {', '.join(DATASETS)}")
    return DATASETS[name]


def published_facts(name: str, digest: str | None) -> DatasetFacts | None:
    """Return the facts of dataset `name` if `digest` is that of its published files."""
    facts = DATASETS.get(name)
    return facts if facts and facts.digest == digest else None


def title_of(name: str, digest: str | None) -> str:
    """Return what to call the data `name` with `digest`: by its title only what was published."""
    facts = published_facts(name, digest)
    return facts.title if facts else name
