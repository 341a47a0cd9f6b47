"""The reported tier as Markdown: claims beside what was measured here, and the others."""

from fmnist_bench.board.escape import escape
from fmnist_bench.board.figures import MISSING, accuracy, points
from fmnist_bench.board.links import host, link
from fmnist_bench.board.reported import Claim
from fmnist_bench.board.standings import Board, Standing
from fmnist_bench.board.table import table

_PUBLISHED = "https://github.com/zalandoresearch/fashion-mnist"


def reported_tables(board: Board) -> list[str]:
    """Return the sections on what others report, as far as there is something to say."""
    pairs = [
        (claim, standing)
        for claim in board.claims
        for standing in board.standings
        if claim in standing.claims and standing.row.runs
    ]
    met = {id(claim) for claim, _ in pairs}
    others = [claim for claim in board.claims if id(claim) not in met]
    parts = []
    if pairs:
        parts += ["## Reported elsewhere, and run here\n", _run_here(pairs)]
    if others:
        parts += [_heading(), _not_run(others)]
    return parts


def _heading() -> str:
    return (
        "## Reported elsewhere, not yet run here\n\n"
        f"The rows of the [published table]({_PUBLISHED}), whose page says that nobody tested "
        "them, and the reference systems. Old data: Fashion-MNIST before 31 August 2017, whose "
        "test images are others.\n"
    )


def _run_here(pairs: list[tuple[Claim, Standing]]) -> str:
    header = ("Classifier", "Submitter", "Set", "Reported", "Here", "Difference", "Row", "Notes")
    lines = []
    for claim, standing in pairs:
        for dataset, title in (("fashion_mnist", "Fashion"), ("mnist", "MNIST")):
            claimed, column = claim.accuracy(dataset), standing.row.columns[dataset]
            if claimed is None and not (dataset == "fashion_mnist" and claim.mnist is None):
                continue
            here = column.mean if column.runs else None
            apart = MISSING if claimed is None or here is None else points(here - claimed)
            lines.append(
                [
                    escape(claim.classifier),
                    link(claim.submitter, claim.submitter_url),
                    title,
                    _claimed(claim, dataset),
                    accuracy(here),
                    apart,
                    escape(standing.row.title),
                    _notes(claim),
                ]
            )
    return table(header, lines, right=frozenset({"Reported", "Here", "Difference"}))


def _not_run(claims: list[Claim]) -> str:
    header = (
        "Classifier",
        "Preprocessing",
        "Fashion test accuracy",
        "MNIST test accuracy",
        "Submitter",
        "Code",
        "Data",
        "Notes",
        "Experiment",
    )
    lines = [
        [
            escape(claim.classifier),
            escape(claim.preprocessing),
            _claimed(claim, "fashion_mnist"),
            _claimed(claim, "mnist"),
            link(claim.submitter, claim.submitter_url),
            ", ".join(link(host(address), address) for address in claim.code) or MISSING,
            claim.data,
            _notes(claim),
            escape(claim.experiment or "not yet"),
        ]
        for claim in claims
    ]
    return table(header, lines, right=frozenset({"Fashion test accuracy", "MNIST test accuracy"}))


def _claimed(claim: Claim, dataset: str) -> str:
    if dataset == "fashion_mnist" and claim.corrected is not None:
        return f"~~{_digits(claim.fashion_mnist or 0)}~~ {_digits(claim.corrected)}"
    value = claim.mnist if dataset == "mnist" else claim.fashion_mnist
    return MISSING if value is None else _digits(value)


def _digits(value: float) -> str:
    """Write a claim with the digits it was made with, three or four."""
    text = f"{value:.4f}"
    return text.removesuffix("0")


def _notes(claim: Claim) -> str:
    flaws = f"**{', '.join(claim.flaws)}.** " if claim.flaws else ""
    source = f" ({link('source', claim.note_source)})" if claim.note_source else ""
    return f"{flaws}{escape(claim.note, longest=1000)}{source}"
