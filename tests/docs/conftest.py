from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def docs_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests import what makes the site."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
