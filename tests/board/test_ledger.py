"""The ledger: what it says of a row's choices, and that it only grows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fmnist_bench.board.choices import choices
from fmnist_bench.board.ledger import Read, Remark, Replaced, append, read_ledger, shrunk
from fmnist_bench.errors import BenchError

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def read(seed: int, planned: int, day: int = 0, recipe: str = "r", accuracy: float = 0.9) -> Read:
    return Read(
        row="cnn",
        published=DAY + timedelta(days=day),
        dataset="mnist",
        seed=seed,
        identity=f"{recipe}{seed}",
        recipe=recipe,
        planned=planned,
        accuracy=accuracy,
        reads=1,
        predictions=f"p{seed}",
    )


def test_a_plan_that_is_kept_says_nothing(tmp_path: Path) -> None:
    append(tmp_path, [read(seed, 3) for seed in range(2)])
    append(tmp_path, [read(2, 3, day=1)])  # planned from the first, trained later
    found = choices(read_ledger(tmp_path), "cnn", "mnist")
    assert not found.looked and found.sentences == ()


def test_seeds_that_were_added_are_said(tmp_path: Path) -> None:
    append(tmp_path, [read(seed, 3) for seed in range(3)])
    append(tmp_path, [read(3, 4, day=1)])
    found = choices(read_ledger(tmp_path), "cnn", "mnist")
    sentence = "Seed 3 was added after the first 3 had been scored on the test set."
    assert found.looked and found.sentences == (sentence,)
    assert read_ledger(tmp_path).plan("cnn", "mnist", "r") == 3
    assert not choices(read_ledger(tmp_path), "cnn", "fashion_mnist").looked


def test_replaced_runs_are_counted_and_remarks_told(tmp_path: Path) -> None:
    old = [read(seed, 2, recipe="old", accuracy=0.8 + seed / 10) for seed in range(2)]
    gone = [
        Replaced(row="cnn", published=DAY, identity=each.identity, reason="a longer training")
        for each in old
    ]
    told = Remark(row="cnn", dataset="mnist", published=DAY, sentence="After a sibling.")
    append(tmp_path, [*old, *gone, *(read(seed, 2, day=1) for seed in range(2)), told])
    found = choices(read_ledger(tmp_path), "cnn", "mnist")
    first, second = found.sentences
    assert first == (
        "2 runs (mean 85.00 %) had been scored on the test set and made way: a longer training."
    )
    assert second == "After a sibling."
    assert found.looked and found.replaced_reads == 2


@pytest.mark.parametrize(
    ("now", "less"),
    [
        ([b"a", b"b"], False),
        ([b"a", b"b", b"c"], False),
        ([b"a", b"x", b"b"], False),  # two branches have grown, and were merged
        ([b"a"], True),
        ([b"a", b"B"], True),
        ([b"b", b"a"], True),
    ],
)
def test_lines_are_only_added(now: list[bytes], less: bool) -> None:
    assert shrunk(b"\n".join(now), [b"a\nb\n", b"a\n"]) == less


@pytest.mark.parametrize("line", ["{", "{}", '{"event": "read", "row": "cnn"}'])
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    append(tmp_path, [read(0, 1)])
    with (tmp_path / "ledger.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(BenchError, match=r"ledger\.jsonl: line 2: .*; restore it"):
        read_ledger(tmp_path)
