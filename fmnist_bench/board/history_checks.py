"""What is checked of records against the history of git."""

from collections.abc import Iterator
from datetime import datetime

from fmnist_bench.board.collect import Collected, Problem
from fmnist_bench.board.history import History
from fmnist_bench.records.record import FILE_NAME, Record


def history_problems(collected: Collected, history: History) -> Iterator[Problem]:
    """Yield records whose commit is not in the history, or planned another number of seeds.

    Runs that the ledger has from before there was one (its `source`) are excepted in two things:
    their plans were given on command lines, and they noted the commit when they ended.
    """
    for run in (*collected.runs, *collected.reruns):
        read = collected.ledger.reads.get(run.record.identity)
        old = read is not None and read.source is not None and read.source in history.commits
        noted = run.record.ended if old else run.record.started
        reasons = [*_commit(run.record, noted, history)]
        reasons += [] if old else _plan(run.record, history)
        yield from (Problem(f"{run.path}/{FILE_NAME}", reason) for reason in reasons)


def _commit(record: Record, noted: datetime, history: History) -> Iterator[str]:
    name = record.code.commit if record.code else None
    if name is None:
        return
    commit = history.commits.get(name)
    if commit is None:
        yield f"code.commit {name[:12]} is no ancestor of the commit that is checked out"
    elif noted < commit.time:
        yield f"{noted:%Y-%m-%d %H:%M} is before its commit {name[:12]} was made"


def _plan(record: Record, history: History) -> Iterator[str]:
    commit = record.code.commit if record.code else None
    if commit is None or commit not in history.commits:
        return
    planned = history.planned(record.row.name, commit)
    if planned is not None and planned != record.row.seeds:
        yield (
            f"row.seeds is {record.row.seeds}; conf/experiment/{record.row.name}.yaml "
            f"planned {planned} at its commit"
        )
