"""Checks of results that take torch: what recipes build, and what kept weights say."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from fmnist_bench.board.collect import Problem, ScoredRun, collect
from fmnist_bench.board.dataset import published_as
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.data.parts import read_part
from fmnist_bench.data.scaling import Scaling
from fmnist_bench.errors import BenchError
from fmnist_bench.inference.load import build_model, load_run
from fmnist_bench.paths import cache_dir
from fmnist_bench.records.record import FILE_NAME as RECORD
from fmnist_bench.training.cost import mac_count, parameter_count
from fmnist_bench.training.weights import FILE_NAME as WEIGHTS

_SAME = 0.995
"""Share of the images on which weights have to say again what their run said. All, on its machine;
elsewhere sums are rounded otherwise, and in bf16 a score in a few hundred is close enough."""


def deep_problems(results: Path, others: Sequence[Path] = ()) -> Iterator[Problem]:
    """Yield what building every recipe below `results` and scoring weights again finds wrong.

    Weights lie beside a record, or in the folder of the run's name in one of `others`. Of a row
    one run on each dataset is built, as all have to have its sizes.
    """
    seen = set()
    for run in collect(results).runs:
        record = run.record
        if run.predictions is None or record.recipe is None:
            continue
        row = (record.row.name, record.recipe_digest, record.data.name)
        if row not in seen:
            seen.add(row)
            yield from (_problem(run, reason) for reason in _sizes(run, results))
        for folder in (results / run.path, *(root / Path(run.path).name for root in others)):
            if (folder / WEIGHTS).is_file():
                yield from (_problem(run, reason) for reason in _scored_again(run, folder))


def _sizes(run: ScoredRun, results: Path) -> Iterator[str]:
    record = run.record
    try:
        scores, net = build_model(record, results / run.path / RECORD)
        with torch.no_grad():
            shape = tuple(scores.eval()(torch.zeros(1, *record.data.image_shape)).shape)
        found = {
            "parameters": parameter_count(net),
            "macs": mac_count(scores, record.data.image_shape),
        }
    except BenchError as error:
        yield str(error)
        return
    if shape != (1, len(record.data.class_names)):
        yield f"its recipe gives scores of shape {shape} for {len(record.data.class_names)} classes"
    for name, value in found.items():
        if (stated := getattr(record, name)) != value:
            yield f"{name} is {stated}; its recipe builds {value}"


def _scored_again(run: ScoredRun, folder: Path) -> Iterator[str]:
    assert run.predictions is not None, "only finished runs have weights to score"
    data, recipe = run.record.data, run.record.recipe or {}
    home = cache_dir() / data.name
    if published_as(data) is None or not home.is_dir():
        return
    try:
        images = torch.from_numpy(read_part(home, "test_images").array.copy())[:, None]
        if data.pixel_scaling is None:  # of runs from before records said it
            images = Scaling(recipe["data"]["scaling"], DATASETS[data.name])(images)
        again = load_run(folder).predict(images).classes
    except BenchError as error:
        yield str(error)
        return
    same = float(np.mean(np.asarray(again) == run.predictions.classes))
    if same < _SAME:
        yield f"its weights in {folder} say so of {100 * same:.1f} % of the test images alone"


def _problem(run: ScoredRun, reason: str) -> Problem:
    return Problem(f"{run.path}/{RECORD}", reason)
