"""One row of the board, as the page's data."""

from collections.abc import Mapping
from typing import Any

import yaml  # type: ignore[import-untyped]  # stubs for one call

from fmnist_bench.board.figures import accuracy, count, duration
from fmnist_bench.board.page.text import block, code, one_line
from fmnist_bench.board.preprocessing import preprocessing
from fmnist_bench.board.reruns import Rerun
from fmnist_bench.board.rows import BoardRow
from fmnist_bench.board.standings import Standing
from fmnist_bench.records.identity import identity_config
from fmnist_bench.records.names import fit_for_a_folder
from fmnist_bench.records.record import Hardware, Record

CONFIG_LONGEST = 8000
REVIEW_LONGEST = 4000


def row_data(
    standing: Standing, columns: Mapping[str, dict[str, Any]], review: str | None
) -> dict[str, Any]:
    """Return what the page says of one row beside its `columns`."""
    row, label = standing.row, standing.row.row
    data: dict[str, Any] = {
        "title": one_line(row.title),
        "classifier": one_line(label.classifier),
        "submitter": one_line(label.submitter),
        "code": code(label.code),
        "tier": standing.tier,
        "tied": [one_line(title) for title in standing.tied],
        "rerun": _rerun(standing.rerun),
        "review": None if review is None else block(review, REVIEW_LONGEST),
        "columns": columns,
        "cost": {},
    }
    return data | _recorded(row) if row.runs else data


def _recorded(row: BoardRow) -> dict[str, Any]:
    record = row.record
    reads = sum(run.record.test_reads for run in row.runs)
    return {
        "preprocessing": one_line(preprocessing(record.config)),
        "cost": {
            "parameters": {"value": record.parameters, "text": count(record.parameters)},
            "macs": {"value": record.macs, "text": count(record.macs)},
            "seconds": {"value": row.seconds, "text": duration(row.seconds)},
        },
        "hardware": one_line(row.hardware),
        "machine": _machine(record.hardware, record.threads),
        "precision": one_line(record.precision),
        "memory": _memory(record.peak_memory_bytes),
        "speed": _speed(record.images_per_second),
        "versions": one_line(
            ", ".join(f"{name} {version}" for name, version in sorted(record.versions.items())),
            1000,
        ),
        "commit": one_line(record.git.commit or "unknown", 40),
        "reads": f"{reads} in {len(row.runs)} runs",
        "recipe": record.recipe[:12],
        "command": _command(row),
        "config": _config(record),
    }


def _machine(hardware: Hardware, threads: int) -> str:
    devices = f"{hardware.device_count} device" + "s" * (hardware.device_count != 1)
    return one_line(
        f"{devices}, {hardware.cores} cores, {threads} threads, "
        f"{hardware.memory_bytes / 2**30:.0f} GiB, {hardware.system}"
    )


def _speed(images_per_second: float | None) -> str | None:
    return None if images_per_second is None else f"{images_per_second:,.0f} images/s"


def _memory(size: int | None) -> str | None:
    return None if size is None else f"{count(size)}B"


def _command(row: BoardRow) -> list[str] | None:
    """Return the lines that train one seed again from its record, None if none can.

    A name that is unfit for a folder could carry anything into a shell.
    """
    if row.shares_name or not fit_for_a_folder(row.row.name):
        return None
    commit = row.record.git.commit
    lines = [f"git checkout {commit}"] if commit and commit.isalnum() else []
    return [*lines, f"fmnist-bench verify --rerun {row.row.name} --seed {row.runs[0].record.seed}"]


def _config(record: Record) -> str:
    """Return the keys of the config that decide what is trained, as YAML."""
    text = yaml.safe_dump(identity_config(record.config), sort_keys=False, allow_unicode=True)
    return block(text, CONFIG_LONGEST)


def _rerun(rerun: Rerun | None) -> dict[str, Any] | None:
    if rerun is None:
        return None
    return {
        "seed": rerun.seed,
        "before": accuracy(rerun.original_accuracy),
        "after": accuracy(rerun.accuracy),
        "date": rerun.date.isoformat(),
        "hardware": one_line(rerun.hardware.cpu),
    }
