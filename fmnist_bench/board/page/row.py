"""One row of the board, as the page's data."""

from typing import Any

import yaml  # type: ignore[import-untyped]  # stubs for one call

from fmnist_bench.board.escape import one_line
from fmnist_bench.board.figures import count, reads
from fmnist_bench.board.page.columns import column_data, cost_data
from fmnist_bench.board.page.text import block, code
from fmnist_bench.board.rows import BoardRow
from fmnist_bench.board.standings import Standing
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.records.names import fit_for_a_folder
from fmnist_bench.records.record import Machine

CONFIG_LONGEST = 8000
REVIEW_LONGEST = 4000


def row_data(standing: Standing, review: str | None) -> dict[str, Any]:
    """Return what the page says of one row; a column for each dataset that it is about."""
    row, label = standing.row, standing.row.label
    columns = {name: row.columns[name] for name in DATASETS}
    data: dict[str, Any] = {
        "title": one_line(row.title),
        "classifier": one_line(label.classifier),
        "submitter": one_line(label.submitter),
        "code": code(label.code),
        "tier": standing.tier,
        "tied": [one_line(title) for title in row.fashion.tied],
        "sentences": [one_line(each) for column in columns.values() for each in column.sentences],
        "review": None if review is None else block(review, REVIEW_LONGEST),
        "columns": {
            name: column_data(each)
            for name, each in columns.items()
            if each.planned
            or each.runs
            or (each is row.fashion and not row.columns["mnist"].planned)
        },
        "cost": cost_data(row.main.resources),
    }
    return data | _recorded(row) if row.runs else data


def _recorded(row: BoardRow) -> dict[str, Any]:
    record, took = row.record, row.resources
    assert took is not None, "the row has runs"
    versions = ", ".join(f"{name} {version}" for name, version in sorted(record.versions.items()))
    speed, memory = record.images_per_second, record.peak_memory_bytes
    return {
        "preprocessing": one_line(row.preprocessing or ""),
        "hardware": one_line(took.hardware),
        "machine": _machine(record.machine) if record.machine else None,
        "precision": one_line(record.precision or ""),
        "memory": None if memory is None else f"{count(memory)}B",
        "speed": None if speed is None else f"{speed:,.0f} images/s",
        "versions": one_line(versions, 1000),
        "commit": one_line((record.code and record.code.commit) or "unknown", 40),
        "reads": reads(took, row.replaced_reads),
        "recipe": row.recipe_digest[:12],
        "command": _command(row),
        # All that decides what is trained.
        "config": block(
            yaml.safe_dump(record.recipe or {}, sort_keys=False, allow_unicode=True), CONFIG_LONGEST
        ),
    }


def _machine(machine: Machine) -> str:
    processes = f"{machine.processes} process" + "es" * (machine.processes != 1)
    return one_line(
        f"{processes}, {machine.cores} cores, {machine.threads} threads, "
        f"{machine.memory_bytes / 2**30:.0f} GiB, {machine.system}"
    )


def _command(row: BoardRow) -> list[str] | None:
    """Return the lines that train seeds again from their records, None if none can.

    A name that is unfit for a folder could carry anything into a shell.
    """
    record = row.record
    if row.shares_name or not fit_for_a_folder(row.label.name) or record.recipe is None:
        return None
    commit = record.code and record.code.commit
    lines = [f"git checkout {commit}"] if commit and commit.isalnum() else []
    return [*lines, f"fmnist-bench verify --rerun {row.label.name}"]
