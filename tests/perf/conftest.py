import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fmnist_bench.data.facts import FILE_NAMES

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from perf.comparison import Place  # lies in scripts/
from perf.result import Result

MakeResult = Callable[..., Result]
IMAGES = 600


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Images that are black but for one dot each, whose grey is the image's number mod 255 + 1."""
    raw = tmp_path / "raw"
    raw.mkdir()
    images = np.zeros((IMAGES, 28, 28), dtype=np.uint8)
    images[:, 10, 12] = np.arange(IMAGES) % 255 + 1
    labels = (np.arange(IMAGES) % 10).astype(np.uint8)
    for part, array in (("images", images), ("labels", labels)):
        header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
        for which in ("train", "test"):
            (raw / FILE_NAMES[f"{which}_{part}"]).write_bytes(header + array.tobytes())
    return Place(data=raw, work=tmp_path / "work")


@pytest.fixture
def make_result() -> MakeResult:
    def make(**changed: Any) -> Result:
        content: dict[str, Any] = {
            "name": "input",
            "title": "Input pipeline",
            "method": "Batches only.",
            "unit": "images/s",
            "goals": [
                {"subject": "ours", "peer": "theirs", "sense": "at least", "bound": 30},
                {"subject": "ours", "peer": None, "sense": "at most", "bound": 5000},
            ],
            "rounds": [
                {"ours": 9000.0, "theirs": 300.0},
                {"ours": 12000.0, "theirs": 100.0},
                {"ours": 10000.0, "theirs": 250.0},
            ],
            "busy_percent": 4.2,
            "hardware": {
                "device": "A CPU",
                "device_count": 1,
                "cpu": "A CPU",
                "cores": 2,
                "memory_bytes": 24 * 2**30,
                "system": "Linux x86_64",
            },
            "threads": 2,
            "versions": {"torch": "2.15.0", "python": "3.11.7"},
            "git": {"commit": "0123456789abcdef", "clean": True},
        }
        return Result.model_validate({**content, **changed})

    return make
