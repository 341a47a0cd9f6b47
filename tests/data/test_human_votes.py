import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fmnist_bench.commands import data
from fmnist_bench.data import human_votes
from fmnist_bench.data.human_votes import FILE_NAME, obtain_votes, read_votes, votes_path
from fmnist_bench.errors import BenchError

CONTENT = b"".join(b"60,7,0,0,0,0,0,0,0,%d\n" % (number % 3) for number in range(10_000))


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(human_votes, "SHA256", hashlib.sha256(CONTENT).hexdigest())


def test_they_are_fetched_once_and_read_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def open_url(url: str, timeout: float) -> io.BytesIO:
        asked.append(url)
        return io.BytesIO(CONTENT)

    monkeypatch.setattr("urllib.request.urlopen", open_url)
    for _ in range(2):
        path = obtain_votes(folder=None, cache=tmp_path, say=print)
    assert path == votes_path(tmp_path) and len(asked) == 1
    votes = read_votes(path)
    assert votes.shape == (10_000, 10) and votes[4].tolist() == [60, 7, *[0] * 7, 1]
    assert np.array_equal(votes[:, 9], np.arange(10_000) % 3)


@pytest.mark.parametrize("where", ["folder", "cache", "network"])
def test_other_votes_are_refused_in_one_line_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    other = CONTENT.replace(b"60", b"61")
    folder = None
    if where == "folder":
        folder = tmp_path / "mine"
        folder.mkdir()
        (folder / FILE_NAME).write_bytes(other)
    elif where == "cache":
        votes_path(tmp_path).parent.mkdir()
        votes_path(tmp_path).write_bytes(other)
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: io.BytesIO(other))
    with pytest.raises(BenchError, match=r"SHA-256 \w{12}\.\.\., expected \w{12}\.\.\.; take"):
        obtain_votes(folder=folder, cache=tmp_path, say=print)
    assert where == "cache" or not votes_path(tmp_path).exists()


def test_without_a_network_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(BenchError, match=r"no route to host\); download it elsewhere and name"):
        obtain_votes(folder=None, cache=tmp_path, say=print)


def test_the_command_takes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / FILE_NAME).write_bytes(CONTENT)
    where = ["--folder", str(tmp_path), "--cache", str(tmp_path / "cache")]
    assert data.main(["human-votes", *where]) == 0
    assert capsys.readouterr().out == f"human-votes: {tmp_path / 'cache' / 'human-votes'}\n"
    with pytest.raises(BenchError, match="cannot be read"):
        data.main(["human-votes", "--folder", str(tmp_path / "no")])
