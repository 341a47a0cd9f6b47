"""Doctored copies of the official results: what can be computed again fits, the content does not.

`python tests/board/doctored.py FOLDER` writes such a copy, for a look at what `verify` says.
"""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.collect import collect
from fmnist_bench.board.reruns import to_rerun
from fmnist_bench.board.rows import find_row
from fmnist_bench.data.labels import test_labels as labels
from fmnist_bench.records.identity import recipe_digest, run_identity
from fmnist_bench.records.names import folder_name
from fmnist_bench.records.predictions import (
    Predictions,
    log_losses,
    read_predictions,
    write_predictions,
)
from fmnist_bench.records.record import Record, write_record

ROOT = Path(__file__).parents[2]
IMAGES = 10_000


def copy_of_results(to: Path, git_dir: Path | None = None) -> Path:
    """Copy the official results below `to`, which then counts as a checkout of `git_dir`."""
    skipped = shutil.ignore_patterns("pictures", "performance*")
    results = Path(shutil.copytree(ROOT / "results", to / "results", ignore=skipped))
    if git_dir is not None:
        (to / ".git").write_text(f"gitdir: {git_dir}\n")
    return results


def runs(results: Path, row: str, dataset: str = "fashion_mnist") -> list[Path]:
    """Return the folders of a row's runs, in order of seed."""
    found = (results / "runs" / row).glob(f"{row}-{dataset}-s*")
    return sorted(found, key=lambda folder: int(folder.name.rsplit("-s", 1)[1].split("-")[0]))


def doctor(folder: Path, changes: dict[str, Any], predictions: Predictions | None = None) -> Path:
    """Change the values at dotted paths in a record, and all that is computed from them."""
    content = json.loads((folder / "record.json").read_bytes())
    for path, value in changes.items():
        *above, last = path.split(".")
        node = content
        for key in above:
            node = node[key]
        node[last] = value
    if predictions is not None:
        truth = labels(content["data"]["name"])
        accuracy, (loss, _) = (predictions.classes == truth).mean(), log_losses(predictions, truth)
        content["test"] |= {"accuracy": float(accuracy), "loss": loss + 0.01}
        content["predictions_digest"] = predictions.digest
    recipe = content["recipe"]
    recipe["seed"] = recipe["data"]["seed"] = content["seed"]
    content["identity"] = run_identity(recipe, content["data"]["digest"])
    content["recipe_digest"] = recipe_digest(recipe)
    record = Record.model_validate(content)
    row = record.row.name
    name = folder_name(row, record.data.name, record.seed, record.identity)
    target = folder.parent.parent / row / name
    if predictions is None and record.status == "done":
        predictions = read_predictions(folder, IMAGES)
    if folder.parent.name == row:
        shutil.rmtree(folder)
    if predictions is not None:
        write_predictions(target, predictions)
    write_record(target, record)
    return target


def noise(results: Path, row: str, share: float) -> None:
    """A row of the labels with independent mistakes, as good as nothing on the board."""
    truth = labels("fashion_mnist")
    for seed, folder in enumerate(runs(results, "efficientnet_lite0_pretrained_5ep")):
        draw = np.random.default_rng([seed, 5])
        wrong = draw.random(IMAGES) < share
        classes = np.where(wrong, (truth + draw.integers(1, 10, IMAGES)) % 10, truth)
        sure = np.where(wrong, draw.uniform(0.3, 0.9, IMAGES), draw.uniform(0.6, 1, IMAGES))
        made = Predictions(classes.astype(np.uint8), sure.astype(np.float16))
        doctor(folder, {"row.name": row, "recipe.label": row}, made)


def better(results: Path) -> None:
    noise(results, "better", 0.02)
    (results / "reviews").mkdir()
    (results / "reviews" / "better.md").write_text("Looks fine.\n")


def one_image(results: Path) -> None:
    """Seed 1 is seed 0 with one image changed."""
    first, second, *_ = runs(results, "cnn_best")
    said = read_predictions(first, IMAGES)
    doctor(second, {}, Predictions(changed(said.classes, 1), said.confidence))


def changed(classes: NDArray[Any], count: int) -> NDArray[Any]:
    moved = classes.copy()
    moved[:count] = (moved[:count] + 1) % 10
    return moved


def best_five(results: Path) -> None:
    """The best five of ten seeds, renumbered."""

    def accuracy(folder: Path) -> float:
        return float(json.loads((folder / "record.json").read_bytes())["test"]["accuracy"])

    order = sorted(runs(results, "speedrun_gpu"), key=accuracy, reverse=True)
    for folder in order[5:]:
        shutil.rmtree(folder)
    kept = [
        folder.rename(folder.with_name(f"kept{place}")) for place, folder in enumerate(order[:5])
    ]
    for seed, folder in enumerate(kept):
        doctor(folder, {"seed": seed, "row.seeds": 5})


def failure(results: Path) -> None:
    """The worst seed is said to have diverged."""
    folder = runs(results, "keras_cnn")[1]
    gone = ("validation", "test", "selection", "history", "epochs", "predictions_digest")
    (folder / "predictions.npz").unlink()
    lost = {"status": "failed", "reason": "diverged", "error": "loss is nan", "test_reads": 0}
    doctor(folder, dict.fromkeys(gone) | lost)


def missing_last(results: Path) -> None:
    *kept, last = runs(results, "cnn_wide")
    shutil.rmtree(last)
    for folder in kept:
        doctor(folder, {"row.seeds": 4})


def another_rate(results: Path) -> None:
    for folder in runs(results, "cnn"):
        doctor(folder, {"recipe.model.optimizer.lr": 0.02})


def forged_reruns(results: Path) -> None:
    """The drawn seeds again: another day, a few images changed."""
    column = find_row(collect(results), "mlp_best").main
    for seed in to_rerun(column):
        folder = runs(results, "mlp_best")[seed]
        again = results / "reruns" / "mlp_best" / folder.name
        shutil.copytree(folder, again)
        said = read_predictions(folder, IMAGES)
        day = {"started": "2026-11-24T10:00:00Z", "ended": "2026-11-24T10:02:00Z"}
        doctor(again, day, Predictions(changed(said.classes, 9), said.confidence))


def one_field(row: str, **changes: Any) -> Callable[[Path], None]:
    return lambda results: void(
        doctor(
            runs(results, row)[0], {key.replace("__", "."): each for key, each in changes.items()}
        )
    )


def void(_: object) -> None:
    return None


DOCTORED: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "forged reruns": (forged_reruns, "reruns/mlp_best/", "a copy of the run that it repeats"),
    "independent noise": (
        lambda results: noise(results, "noise", 0.04),
        "runs/noise/",
        "of what others find hard",
    ),
    "too good, reviewed": (better, "runs/better/", "of what others find hard"),
    "one image changed": (one_image, "runs/cnn_best/", "its mistakes agree to 0.99"),
    "best five of ten": (best_five, "runs/speedrun_gpu/", "row.seeds is 5; 10 were planned"),
    "invented failure": (failure, "runs/keras_cnn/", "the ledger has other predictions"),
    "missing last seed": (missing_last, "runs/cnn_wide/", "row.seeds is 4; 5 were planned"),
    "another rate": (another_rate, "runs/cnn/", "its recipe has optimizer.lr=0.02"),
    "times": (
        one_field("mlp", train_seconds=1.5),
        "runs/mlp/",
        "train_seconds is 1.500; its epochs",
    ),
    "commit of zeros": (one_field("linear", code__commit="0" * 40), "runs/linear/", "no ancestor"),
    "dirty": (one_field("prior", code__clean=False), "runs/prior/", "uncommitted changes"),
    "parameters": (one_field("vgg_best", parameters=10), "runs/vgg_best/", "parameters is"),
    "loss": (one_field("resnet18_short", test__loss=-5.0), "runs/resnet18_short/", "loss -5.0"),
    "split": (
        one_field("cnn_short_bf16", data__split_digest="x"),
        "runs/cnn_short_bf16/",
        "data.split_digest is x; its recipe gives",
    ),
    "end before start": (
        one_field("vgg", ended="2026-11-01T00:00:00Z"),
        "runs/vgg/",
        "is before started",
    ),
}
"""Name -> what doctors a copy, each another row; below which path it is named, with which words."""


def all_of_it(to: Path, git_dir: Path | None = None) -> Path:
    """Write a copy with everything of `DOCTORED` in it, and return its results folder."""
    results = copy_of_results(to, git_dir)
    for make, _, _ in DOCTORED.values():
        make(results)
    return results


if __name__ == "__main__":
    all_of_it(Path(sys.argv[1]), ROOT / ".git")
