import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fmnist_bench.data import download as module
from fmnist_bench.data.download import PassedOver, download

CONTENT = bytes(range(256)) * 1000
STALL = threading.Event()


class Mirror(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/file.gz" else CONTENT[:1000])
        if self.path == "/stall":
            STALL.wait(3)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def mute_server() -> Iterator[str]:
    """Accept connections and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def reason(url: str, target: Path) -> str:
    with pytest.raises(PassedOver) as caught:
        download(url, target, lambda line: None)
    return str(caught.value)


def test_content_arrives(mirror: str, tmp_path: Path) -> None:
    lines: list[str] = []
    download(f"{mirror}/file.gz", tmp_path / "file.gz", lines.append)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert lines == ["downloading file.gz (0.3 MB)"]


def test_no_bar_outside_a_terminal(
    mirror: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    download(f"{mirror}/file.gz", tmp_path / "file.gz", lambda line: None)
    assert capfd.readouterr() == ("", "")


def test_missing_file(mirror: str, tmp_path: Path) -> None:
    assert reason(f"{mirror}/missing", tmp_path / "f") == "HTTP status 404"


def test_connection_that_breaks_off(mirror: str, tmp_path: Path) -> None:
    assert "255000 bytes of f missing" in reason(f"{mirror}/cut", tmp_path / "f")


def test_server_that_falls_silent(
    mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.1)
    assert "no answer within" in reason(f"{mirror}/stall", tmp_path / "f")
    STALL.set()


def test_nobody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with mute_server() as url:
        pass
    assert "refused" in reason(url, tmp_path / "f")


def test_server_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.1)
    with mute_server() as url:
        assert "no answer within" in reason(url, tmp_path / "f")


def test_lookup_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a resolver that is out of reach: the socket's time limit does not cover it."""
    for_ever = threading.Event()

    def look_up(url: str, timeout: float) -> None:
        for_ever.wait(3)
        raise OSError

    monkeypatch.setattr(module, "urlopen", look_up)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.1)
    assert "no answer within" in reason("http://mirror.invalid/f", tmp_path / "f")
    for_ever.set()


def test_trickle_is_given_up(mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = itertools.count(0, 60)
    monkeypatch.setattr(time, "monotonic", lambda: next(minutes))
    assert reason(f"{mirror}/file.gz", tmp_path / "f") == "slower than 20 kB/s"
