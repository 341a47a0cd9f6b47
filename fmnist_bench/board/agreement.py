"""How the rows do where people agree with the labels and where they do not: Fashion-MNIST only.

Computed from stored predictions and the votes of data/human_votes.py into
`results/human_agreement.json`, which the board reads where the votes themselves are not at hand.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.collect import Problem, collect
from fmnist_bench.board.rows import BoardRow, Key, group
from fmnist_bench.data.human_votes import SHA256, URL
from fmnist_bench.data.labels import test_labels
from fmnist_bench.errors import BenchError

FILE_NAME = "human_agreement.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Agreement:
    """Shares in [0, 1], means over a row's runs.

    The first three are accuracies on parts of the test images: where more than half of the
    votes are for the label, where at least 90 % are, and where another class has more votes.
    `people` is how often no class has more votes than the predicted one.
    """

    majority: float
    agreed: float
    contested: float
    people: float


def parts(votes: NDArray[np.int64], labels: NDArray[np.uint8]) -> dict[str, NDArray[np.bool_]]:
    """Return the test images of each part of `Agreement`, bool (images,), from votes (images, 10).

    One image may be in none of them, and those of `agreed` are in `majority` too.
    """
    own = votes[np.arange(len(votes)), labels]
    total = votes.sum(axis=1)
    return {
        "majority": 2 * own > total,
        "agreed": 10 * own >= 9 * total,
        "contested": votes.max(axis=1) > own,
    }


def agreements(rows: Iterable[BoardRow], votes: NDArray[np.int64]) -> dict[Key, Agreement]:
    """Return the figures of each row with scored Fashion-MNIST runs, from votes (images, 10)."""
    places = parts(votes, test_labels("fashion_mnist"))
    found = {}
    for row in rows:
        column = row.fashion
        if not column.scored:
            continue
        predicted = np.stack([run.predictions.classes for run in column.runs if run.predictions])
        liked = votes[np.arange(len(votes)), predicted] == votes.max(axis=1)
        shares = {name: column.correct[:, place].mean() for name, place in places.items()}
        shares["people"] = liked.mean()
        found[row.key] = Agreement(**{name: round(float(each), 6) for name, each in shares.items()})
    return found


def stored_agreements(results: Path) -> dict[Key, Agreement]:
    """Return what `results` keeps of each row, nothing where it keeps none.

    Raises:
        BenchError: its file is spoilt.
    """
    path = results / FILE_NAME
    if not path.is_file():
        return {}
    try:
        kept = json.loads(path.read_bytes())["rows"]
        return {(each.pop("row"), each.pop("recipe")): Agreement(**each) for each in kept}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BenchError(
            f"{path}: not readable; fmnist-bench data human-votes, then fmnist-bench leaderboard "
            "makes it again"
        ) from None


def agreement_json(found: Mapping[Key, Agreement], votes: NDArray[np.int64]) -> bytes:
    """Return the file that keeps `found`, with how many images each part has."""
    places = parts(votes, test_labels("fashion_mnist"))
    rows = [{"row": key[0], "recipe": key[1], **asdict(each)} for key, each in found.items()]
    content = {
        "schema_version": SCHEMA_VERSION,
        "source": URL,
        "sha256": SHA256,
        "images": {name: int(place.sum()) for name, place in places.items()},
        "rows": rows,
    }
    return (json.dumps(content, indent=1) + "\n").encode()


def agreement_problems(results: Path, votes: NDArray[np.int64]) -> list[Problem]:
    """Compute what `results` keeps again, from votes (images, 10); return what is wrong."""
    path = results / FILE_NAME
    found = agreements(group(collect(results).runs), votes)
    if not path.is_file() or path.read_bytes() == agreement_json(found, votes):
        return []
    return [Problem(FILE_NAME, "not what the votes give; run fmnist-bench leaderboard")]
