"""What is checked between the runs of a row, and between rows."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from fmnist_bench.board.collect import Problem, ScoredRun
from fmnist_bench.board.lookup import part
from fmnist_bench.board.run_checks import needs_review
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.records import predictions as predictions_file
from fmnist_bench.records import record as record_file
from fmnist_bench.records.identity import run_identity
from fmnist_bench.records.names import fit_for_a_folder, folder_name

_MISSING_NAMED = 20


def row_problems(runs: Iterable[ScoredRun]) -> Iterator[Problem]:
    """Yield what is wrong between runs of one name and recipe."""
    rows: dict[tuple[str, str | None], list[ScoredRun]] = {}
    for run in runs:
        rows.setdefault((run.record.row.name, run.record.recipe_digest), []).append(run)
    for members in rows.values():
        yield from _labels(members)
        planned = {name for run in members for name in run.record.row.datasets}
        for dataset in sorted(planned | {run.record.data.name for run in members}):
            here = [run for run in members if run.record.data.name == dataset]
            yield from _repeated(here)
            yield from _mixed([run for run in here if run.record.status == "done"])
            yield from _missing(dataset, here, members)


def _labels(members: list[ScoredRun]) -> Iterator[Problem]:
    # A plan may grow, in seeds and in datasets; all that any run plans is wanted.
    first, *others = members
    plan = {"seeds": first.record.row.seeds, "datasets": first.record.row.datasets}
    for run in others:
        if run.record.row.model_copy(update=plan) != first.record.row:
            yield _of_record(run, f"its row's labels differ from those of {first.path}")


def _repeated(runs: list[ScoredRun]) -> Iterator[Problem]:
    seeds: dict[int, ScoredRun] = {}
    for run in runs:
        first = seeds.setdefault(run.record.seed, run)
        if first is not run:
            yield _of_record(run, f"seed {run.record.seed} is used a second time; see {first.path}")


def _mixed(runs: list[ScoredRun]) -> Iterator[Problem]:
    for run in runs[1:]:
        for key, first in _protocol(runs[0]).items():
            if (own := _protocol(run)[key]) != first:
                yield _of_record(run, f"{key} is {own}; {runs[0].path} has {first}")


def _protocol(run: ScoredRun) -> dict[str, int | str | None]:
    return {
        "protocol_version": run.record.protocol_version,
        "data.digest": run.record.data.digest,
        "data.split_digest": run.record.data.split_digest,
        "parameters": run.record.parameters,
        "macs": run.record.macs,
    }


def _missing(dataset: str, here: list[ScoredRun], members: list[ScoredRun]) -> Iterator[Problem]:
    """Yield planned runs without a record; their folders follow from a sibling's recipe."""
    planned = max(run.record.row.seeds for run in members)
    seeds = {run.record.seed for run in here}
    for seed in islice((seed for seed in range(planned) if seed not in seeds), _MISSING_NAMED):
        yield Problem(
            _expected_path(members[0], dataset, seed),
            f"missing: its row plans seeds 0 to {planned - 1} on {dataset}; restore or train it",
        )
    for run in here:
        if run.record.seed >= planned:
            yield _of_record(run, f"seed {run.record.seed}; its row plans seeds 0 to {planned - 1}")


def _expected_path(sibling: ScoredRun, dataset: str, seed: int) -> str:
    recipe = sibling.record.recipe
    identity = ""
    if recipe is not None:
        data = {**part(recipe, "data"), "name": dataset, "seed": seed}
        data = {key: value for key, value in data.items() if key in part(recipe, "data")}
        digest = DATASETS[dataset].digest if dataset in DATASETS else None
        identity = run_identity({**recipe, "seed": seed, "data": data}, digest)
    name = folder_name(sibling.record.row.name, dataset, seed, identity)
    return (Path(sibling.path).parent / name).as_posix()


def missing_reviews(results: Path, runs: Iterable[ScoredRun]) -> Iterator[Problem]:
    """Yield runs too good to stand without a review in `reviews/<row>.md`."""
    for run in filter(needs_review, runs):
        name = run.record.row.name
        if not fit_for_a_folder(name) or not (results / "reviews" / f"{name}.md").is_file():
            yield Problem(
                f"{run.path}/{predictions_file.FILE_NAME}",
                f"accuracy {float(run.hits.mean()):.4f} is implausible; "
                f"review it by hand and write reviews/{name}.md",
            )


def _of_record(run: ScoredRun, reason: str) -> Problem:
    return Problem(f"{run.path}/{record_file.FILE_NAME}", reason)
