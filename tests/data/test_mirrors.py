"""Downloads by torchvision, from servers on this machine."""

import gzip
import hashlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from torchvision.datasets import MNIST

from fmnist_bench.data import sources as module
from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.data.sources import fetch_mirror
from tests.data.files import Arrays, to_idx

Reason = Callable[[module.Source], str]


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
    mirror: str, own: Arrays, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As nobody listens at the first one."""
    contents = {FILE_NAMES[part]: to_idx(array) for part, array in own.items()}
    packed = {f"{name}.gz": gzip.compress(content) for name, content in contents.items()}
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
    assert {name: (raw / name).read_bytes() for name in contents} == contents
    assert lines == ["downloading torchvision's MNIST"]


def test_server_that_never_answers(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, reason: Reason
) -> None:
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
        assert "timed out" in reason(partial(fetch_mirror, "MNIST"))
