"""Going on from a run, and from the best of many."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from fmnist_bench.cli import main
from fmnist_bench.config.typed import as_override
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.in_process import train_here
from fmnist_bench.jobs.origin import with_best, with_origin
from fmnist_bench.records.reads import FILE_NAME as READS
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.training.checkpoints import FINAL_FILE

pytestmark = pytest.mark.filterwarnings("ignore")

Train = Callable[..., Record]


@pytest.fixture
def train(small_overrides: list[str], tmp_path: Path) -> Train:
    """Train a run in this process, below a folder of its own, and return its record."""
    folders = itertools.count()

    def run(*words: str) -> Record:
        place = tmp_path / str(next(folders))
        base = [] if any(word.startswith("from=") for word in words) else small_overrides
        overrides = with_origin([*base, *words, f"paths.outputs={place}"])
        folder = train_here(overrides, force=False)
        run.folder = folder  # type: ignore[attr-defined]
        return read_record(folder)

    return run


def same(one: Path, two: Path) -> bool:
    first, second = (load_file(each / "weights.safetensors") for each in (one, two))
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    "words",
    [("schedule=constant", "callbacks=[ema]"), ("schedule=plateau", "model.net.dropout=0.3")],
)
def test_a_run_gone_on_from_ends_as_one_that_was_that_long(
    train: Train, words: tuple[str, ...]
) -> None:
    straight = train(*words, "epochs=5")
    straight_folder = train.folder  # type: ignore[attr-defined]
    short = train(*words, "epochs=2")
    short_folder = train.folder  # type: ignore[attr-defined]
    assert (short_folder / FINAL_FILE).exists()
    longer = train(f"from={short_folder}", "epochs=5")
    assert same(straight_folder, train.folder)  # type: ignore[attr-defined]
    assert longer.validation == straight.validation
    assert longer.test == straight.test
    assert [e.validation_accuracy for e in longer.history or []] == [
        e.validation_accuracy for e in straight.history or []
    ]
    assert longer.parent == short.identity
    assert longer.identity != straight.identity
    assert longer.recipe is not None
    assert longer.recipe["parent"]["takes"] == "everything"
    assert "folder" not in longer.recipe["parent"]
    assert longer.test_reads == 1
    assert (short_folder / READS).read_text() == "1\n"


def test_where_the_schedule_has_ended_only_the_weights_go_on(train: Train) -> None:
    first = train("epochs=3", "optimizer.lr=0.01")
    folder = train.folder  # type: ignore[attr-defined]
    assert not (folder / FINAL_FILE).exists()
    assert not (folder / "best.ckpt").exists()
    # No step moves anything: what is scored are the weights that it started with.
    still = train(f"from={folder}", "epochs=1", "optimizer=sgd", "optimizer.lr=0")
    assert same(folder, train.folder)  # type: ignore[attr-defined]
    assert still.validation == first.validation
    assert still.epochs == 1
    assert still.recipe is not None
    assert still.recipe["parent"]["takes"] == "weights"
    assert json.loads((train.folder / "spec.json").read_text())["asked"]["overrides"]  # type: ignore[attr-defined]


def test_what_cannot_be_gone_on_from_is_one_line(
    train: Train, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    train("epochs=1")
    folder = train.folder  # type: ignore[attr-defined]
    outputs = f"paths.outputs={tmp_path / 'new'}"
    for words, told in (
        (["model.net.hidden=[7]"], "a run with another net"),
        (["from=nosuch"], "one run to go on from"),
    ):
        assert main(["train", f"from={folder}", "epochs=2", outputs, *words]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert told in line
    assert main(["train", "from=nosuch"]) == 2
    assert "nosuch" in capsys.readouterr().err
    (folder / "weights.safetensors").unlink()
    assert main(["train", f"from={folder}", "epochs=2", outputs]) == 2
    assert "holds no weights.safetensors" in capsys.readouterr().err
    assert not list((tmp_path / "new").rglob("record.json"))


def test_the_best_recipe_is_that_of_the_highest_mean_and_gets_fresh_seeds(
    small_overrides: list[str], tmp_path: Path
) -> None:
    outputs = tmp_path / "sweep"
    for rate, seed in itertools.product(("0.0", "0.01"), (0, 2)):
        words = [f"optimizer.lr={rate}", f"seed={seed}", "row.seeds=3", f"paths.outputs={outputs}"]
        train_here([*small_overrides, *words], force=False)
    words, line = with_best([f"best={outputs}", "epochs=4"])
    assert "optimizer.lr=0.01" in words
    assert words[-1] == "seed=1,3,4"
    assert "epochs=4" in words and "epochs=3" not in words
    assert line is not None and "best of 4 runs" in line
    assert with_best([f"best={outputs}", "seed=7"])[0].count("seed=7") == 1
    with pytest.raises(BenchError, match="no such folder"):
        with_best(["best=/nowhere"])


def test_a_mapping_is_written_as_hydra_reads_it() -> None:
    assert as_override("a", {"b": "c d", "e": None, "f": "0"}) == "a={b:'c d',e:null,f:'0'}"
