"""Fixtures for the board: synthetic run folders."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def synthetic() -> SimpleNamespace:
    """The builder of synthetic runs, tests/board/synthetic.py."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("synthetic.py"))))
