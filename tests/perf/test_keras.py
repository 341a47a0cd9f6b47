from pathlib import Path
from typing import Any

import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.perf.comparison import Place
from fmnist_bench.perf.comparisons import keras


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What Keras counts for each net; right unless a test changes it."""
    counted = {name: net.parameters for name, net in keras.NETS.items()}

    def ask(python: Path, place: Place, name: str, batches: int) -> dict[str, Any]:
        return {
            "parameters": counted[name],
            "images_per_second": 10.0 * batches,
            "versions": {"keras": "3"},
        }

    monkeypatch.setattr(keras, "environment", lambda *arguments: Path("python"))
    monkeypatch.setattr(keras, "_ask", ask)
    return counted


def test_each_net_has_two_sides_and_a_goal(sizes: dict[str, int], place: Place) -> None:
    built = keras.build(place)
    assert set(built.sides) == {name for goal in built.goals for name in (goal.subject, goal.peer)}
    assert len(built.goals) == len(keras.NETS) == len(built.sides) / 2
    assert built.versions == {"keras": "3"}
    assert built.sides["Keras vgg"]() == 10.0 * keras.NETS["vgg"].batches


def test_nets_of_different_size_are_not_compared(sizes: dict[str, int], place: Place) -> None:
    sizes["cnn"] += 64
    with pytest.raises(BenchError, match=r"cnn has 545290 parameters in Keras, expected 545226"):
        keras.build(place)


def test_a_failing_peer_is_told_in_one_line(place: Place, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho first >&2\necho 'no such net' >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(BenchError) as caught:
        keras._ask(python, place, "cnn", 1)
    assert str(caught.value) == "keras_peer.py: cnn failed (no such net)"
