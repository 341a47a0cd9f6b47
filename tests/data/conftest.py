"""Tiny published datasets: four idx files each, with their digests put in place of the real."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fmnist_bench.data import facts
from fmnist_bench.data.sources import Source
from fmnist_bench.errors import BenchError
from tests.data.files import Arrays, draw, to_idx


@pytest.fixture
def own() -> Arrays:
    """Data that is nobody's published dataset."""
    return draw(99)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, Arrays]:
    """Dataset name -> four tiny arrays, which pass for the published ones in this test."""
    datasets = {}
    for seed, (name, real) in enumerate(list(facts.DATASETS.items())):
        datasets[name] = arrays = draw(seed)
        sha256 = {p: hashlib.sha256(to_idx(a)).hexdigest() for p, a in arrays.items()}
        monkeypatch.setitem(facts.DATASETS, name, replace(real, sha256=sha256))
    monkeypatch.setattr(
        "fmnist_bench.data.verify.FILE_SHAPES", {p: a.shape for p, a in arrays.items()}
    )
    return datasets


@pytest.fixture
def no_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Switch off every source; returns the empty folder that is now the whole PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr("fmnist_bench.data.sources.DEBIAN_FOLDER", tmp_path / "not-installed")
    monkeypatch.setattr("fmnist_bench.data.sources._TORCHVISION", "raise SystemExit('no mirror')")
    return programs


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def reason(scratch: Path) -> Callable[[Source], str]:
    """Return why a source is passed over."""

    def reason(fetch: Source) -> str:
        with pytest.raises(BenchError) as caught:
            fetch(scratch, lambda line: None)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return reason
