"""What others report, beside what was measured here and the verdict, as the page's data."""

from typing import Any

from fmnist_bench.board import reported_tables as tables
from fmnist_bench.board.escape import one_line
from fmnist_bench.board.figures import MISSING
from fmnist_bench.board.page.text import anchor, code
from fmnist_bench.board.reported import Claim
from fmnist_bench.board.standings import Board
from fmnist_bench.board.verdicts import Verdict
from fmnist_bench.data.facts import DATASETS

_NOTE_LONGEST = 1000


def claims_data(board: Board) -> dict[str, Any]:
    """Return every claim with its verdict, in the order of claims.md, and their count in words."""
    verdicts = tables.verdicts_of(board.claims, board.measured)
    rows = {standing.row.label.name: place for place, standing in enumerate(board.standings)}
    return {
        "sentence": tables.verdict_sentence(board.claims, verdicts),
        "all": [
            _claim(claim, found, board, rows.get(claim.experiment or ""))
            for claim, found in zip(board.claims, verdicts, strict=True)
        ],
    }


def _claim(claim: Claim, found: Verdict, board: Board, row: int | None) -> dict[str, Any]:
    value = claim.accuracy(claim.dataset)
    digits = claim.digits or 4
    return {
        "mark": tables.mark(claim),
        "classifier": one_line(claim.classifier),
        "submitter": anchor(claim.submitter, claim.submitter_url),
        "code": [code(each) for each in claim.code],
        "dataset": DATASETS[claim.dataset].title,
        "claimed": MISSING if value is None else f"{value:.{digits}f}",
        "here": tables.mean_here(claim, board.measured),
        "difference": tables.difference(found),
        "verdict": found.kind,
        "reason": one_line(found.reason),
        "flaws": tables.flaws(claim),
        "note": one_line(claim.note, _NOTE_LONGEST),
        "source": anchor("source", claim.note_source) if claim.note_source else None,
        "command": None if claim.experiment is None else tables.command(claim),
        "row": row,
    }
