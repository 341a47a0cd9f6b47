"""What a reader of the board has to know of a row besides its figures, and what that costs it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fmnist_bench.board.choices import choices
from fmnist_bench.board.collect import Collected
from fmnist_bench.board.dataset import published
from fmnist_bench.board.ledger import Ledger
from fmnist_bench.board.plausibility import doubts
from fmnist_bench.board.reruns import Reproduction, reproduction
from fmnist_bench.board.rows import BoardRow, Key

_OURS = __name__.partition(".")[0]
"""`row.submitter` of the project's own rows. Whoever reviews a submission sees who signs it so."""


def marked(
    rows: Sequence[BoardRow], collected: Collected
) -> tuple[list[BoardRow], dict[Key, Reproduction]]:
    """Return `rows` with the sentences and doubts of their columns, and what re-runs say.

    A row that someone else has submitted, or that is implausible, is in doubt until a re-run
    on somebody else's commit has shown it to be equivalent.
    """
    ledger = collected.ledger
    found = {row.key: reproduction(row.main, collected.reruns, ledger) for row in rows}
    implausible = {name: implausible_rows(rows, name) for name in published()}
    result = []
    for row in rows:
        again, columns = found[row.key], {}
        independent = again is not None and again.found.shown and _by_others(row, again, ledger)
        for name, column in row.columns.items():
            doubt = implausible.get(name, {}).get(row.key) or _submitted(row, ledger)
            seen = choices(ledger, row.label.name, name)
            sentences = [*seen.sentences]
            if independent or not column.runs:
                doubt = None
            if doubt:
                sentences.append(f"Not ranked until someone else has trained it again: {doubt}.")
            if again is not None and column is row.main:
                sentences.append(again.sentence)
            columns[name] = replace(
                column,
                doubt=doubt,
                looked=seen.looked,
                sentences=tuple(sentences),
                replaced_reads=seen.replaced_reads,
            )
        result.append(replace(row, columns=columns))
    return result, {key: again for key, again in found.items() if again is not None}


def implausible_rows(rows: Iterable[BoardRow], dataset: str) -> dict[Key, str]:
    """Return why rows on a published dataset are implausible, the first reason of each."""
    own: dict[str, BoardRow] = {f"{'/'.join(row.key)}": row for row in rows}
    runs = {name: row.columns[dataset].runs for name, row in own.items()}
    row_of = {run.path: own[name].key for name, each in runs.items() for run in each}
    reasons: dict[Key, str] = {}
    for doubt in doubts(runs):
        seed = doubt.run.record.seed
        reasons.setdefault(row_of[doubt.run.path], f"of seed {seed}, {doubt.reason}")
    return reasons


def _submitted(row: BoardRow, ledger: Ledger) -> str | None:
    submitter = row.label.submitter
    return f"submitted by {submitter}" if ledger.lines and submitter != _OURS else None


def _by_others(row: BoardRow, again: Reproduction, ledger: Ledger) -> bool:
    own = {read.by for run in row.runs if (read := ledger.reads.get(run.record.identity))}
    return bool(again.by) and not own & {*again.by}
