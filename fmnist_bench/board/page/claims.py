"""What others report, beside what was measured here, as the page's data."""

from typing import Any

from fmnist_bench.board.escape import one_line
from fmnist_bench.board.figures import MISSING, percent, points
from fmnist_bench.board.page.text import anchor, code
from fmnist_bench.board.reported import Claim
from fmnist_bench.board.standings import Board
from fmnist_bench.data.facts import DATASETS

_NOTE_LONGEST = 1000


def reported_data(board: Board) -> dict[str, Any]:
    """Return claims with a row on the board as `here`, and the others as `elsewhere`."""
    here = []
    met: set[int] = set()
    for place, standing in enumerate(board.standings):
        for claim in standing.claims if standing.row.runs else ():
            met.add(id(claim))
            for dataset in DATASETS:
                claimed, column = claim.accuracy(dataset), standing.row.columns[dataset]
                if claimed is None or not column.runs:
                    continue
                here.append(
                    _common(claim)
                    | {
                        "row": place,
                        "dataset": dataset,
                        "reported": {"value": claimed, "text": percent(claimed)},
                        "difference": {
                            "value": round(column.mean - claimed, 8),
                            "text": points(column.mean - claimed),
                        },
                    }
                )
    elsewhere = [_elsewhere(claim) for claim in board.claims if id(claim) not in met]
    return {"here": here, "elsewhere": elsewhere}


def _elsewhere(claim: Claim) -> dict[str, Any]:
    return _common(claim) | {
        "preprocessing": one_line(claim.preprocessing),
        "code": [code(each) for each in claim.code],
        "data": claim.data,
        "reported": {
            dataset: {"value": claim.accuracy(dataset), "text": _reported(claim, dataset)}
            for dataset in DATASETS
        },
    }


def _common(claim: Claim) -> dict[str, Any]:
    return {
        "classifier": one_line(claim.classifier),
        "submitter": anchor(claim.submitter, claim.submitter_url),
        "flaws": list(claim.flaws),
        "note": one_line(claim.note, _NOTE_LONGEST),
        "source": anchor("source", claim.note_source) if claim.note_source else None,
    }


def _reported(claim: Claim, dataset: str) -> str:
    value = claim.accuracy(dataset)
    return MISSING if value is None else percent(value)
