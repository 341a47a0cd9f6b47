"""Obtaining data from a folder that the user names."""

from pathlib import Path

import numpy as np
import pytest

from fmnist_bench.data import obtain as module
from fmnist_bench.data.obtain import obtain
from fmnist_bench.errors import BenchError
from tests.data.files import Arrays, holds, write


def call(
    name: str, cache: Path, folder: Path | None = None, verify: bool = True
) -> tuple[Path, list[str]]:
    lines: list[str] = []
    return obtain(name, folder=folder, verify=verify, cache=cache, say=lines.append), lines


def test_raw_folder_is_used_in_place(
    published: dict[str, Arrays], cache: Path, tmp_path: Path
) -> None:
    mine = write(tmp_path / "MNIST" / "raw", published["mnist"])
    folder, lines = call("mnist", cache, folder=tmp_path)
    assert folder == mine and len(lines) == 1 and not cache.exists()


@pytest.mark.parametrize("suffix", [".gz", ""])
def test_gz_folder_is_used_in_place(
    suffix: str, published: dict[str, Arrays], cache: Path, tmp_path: Path
) -> None:
    mine = write(tmp_path / "mine", published["mnist"], gz=True)
    if not suffix:  # gzipped, though the name does not say so
        for path in list(mine.iterdir()):
            path.rename(path.with_suffix(""))
    folder, _ = call("mnist", cache, folder=mine)
    assert folder == mine and not cache.exists()


def test_wrong_folder_is_an_error_though_the_cache_is_good(
    published: dict[str, Arrays],
    own: Arrays,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(cache / "mnist", published["mnist"])
    monkeypatch.setattr(module, "sources", lambda name: pytest.fail("a source was asked"))
    mine = write(tmp_path / "mine", own)
    with pytest.raises(BenchError, match="corrupt or edited"):
        call("mnist", cache, folder=mine)
    assert holds(mine, own)


@pytest.mark.parametrize(
    ("name", "folder", "verify", "said"),
    [
        ("mnist", None, False, "data.folder=FOLDER"),
        ("kmnist", None, True, "data=idx data.name=kmnist data.folder=FOLDER"),
        ("kmnist", None, False, "data=idx data.name=kmnist data.folder=FOLDER"),
        ("kmnist", "mine", True, "data=idx data.name=kmnist data.folder=FOLDER"),
        ("Fashion-MNIST", "mine", False, "is taken by the published fashion_mnist, mnist"),
    ],
)
def test_a_name_that_does_not_go_with_the_rest(
    name: str, folder: str | None, verify: bool, said: str, own: Arrays, cache: Path
) -> None:
    mine = write(cache.parent / folder, own) if folder else None
    with pytest.raises(BenchError) as caught:
        call(name, cache, folder=mine, verify=verify)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["mnist", "kmnist"])
def test_own_data_is_used_in_place_and_called_by_its_name(
    name: str, own: Arrays, cache: Path, tmp_path: Path
) -> None:
    mine = write(tmp_path / "mine", own)
    folder, lines = call(name, cache, folder=mine, verify=False)
    assert folder == mine and not cache.exists()
    assert lines == [f"{name} from {mine}: found, taken without verification"]


def test_own_data_under_a_published_name_has_no_more_classes(
    own: Arrays, cache: Path, tmp_path: Path
) -> None:
    mine = write(tmp_path / "mine", own | {"train_labels": np.arange(6, 12, dtype=np.uint8)})
    call("kmnist", cache, folder=mine, verify=False)
    with pytest.raises(BenchError, match="label 10 at index 4, expected 0 to 9"):
        call("mnist", cache, folder=mine, verify=False)
