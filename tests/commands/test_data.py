from pathlib import Path
from typing import Any

import pytest

from fmnist_bench.commands import data
from fmnist_bench.errors import BenchError


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the command asked `obtain` for, which here finds everything."""
    calls: list[dict[str, Any]] = []

    def obtain(name: str, **options: Any) -> Path:
        options.pop("say")(f"looking for {name}")
        calls.append({"name": name, **options})
        return Path("/found") / name

    monkeypatch.setattr(data, "obtain", obtain)
    monkeypatch.setenv("FMNIST_BENCH_CACHE", "/the/cache")
    return calls


@pytest.mark.parametrize("argv", [[], ["all"]])
def test_both_datasets_by_default(
    argv: list[str], asked: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert data.main(argv) == 0
    assert asked == [
        {"name": name, "folder": None, "verify": True, "cache": Path("/the/cache")}
        for name in ("fashion_mnist", "mnist")
    ]
    out, err = capsys.readouterr()
    assert out == "fashion_mnist: /found/fashion_mnist\nmnist: /found/mnist\n"
    assert err == "looking for fashion_mnist\nlooking for mnist\n"


@pytest.mark.parametrize(("name", "verify"), [("mnist", True), ("kmnist", False)])
def test_options_are_handed_on(name: str, verify: bool, asked: list[dict[str, Any]]) -> None:
    assert data.main([name, "--folder", "mine", "--cache", "here"]) == 0
    assert asked == [
        {"name": name, "folder": Path("mine"), "verify": verify, "cache": Path("here")}
    ]


def test_an_unknown_dataset_without_a_folder_is_refused() -> None:
    with pytest.raises(BenchError, match=r"'kmnist' is none of the published fashion_mnist, mnist"):
        data.main(["kmnist"])


def test_failure_reaches_the_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="expected a folder of the idx files"):
        data.main(["mnist", "--folder", str(tmp_path / "absent"), "--cache", str(tmp_path)])
