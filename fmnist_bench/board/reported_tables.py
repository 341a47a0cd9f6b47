"""The page of claims as Markdown: what others report, and the verdict beside each figure."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.escape import escape
from fmnist_bench.board.figures import MISSING, percent, points
from fmnist_bench.board.links import host, link
from fmnist_bench.board.reported import Claim
from fmnist_bench.board.table import table
from fmnist_bench.board.verdicts import FEWEST_RUNS, Kind, Verdict, judge

Measured = Mapping[tuple[str, str], NDArray[np.float64]]
"""Accuracies in [0, 1] of the runs of a row on a dataset, shape (runs,), by both names."""

HEADER = (
    "#",
    "Classifier",
    "Claimed",
    "Statistic",
    "Data",
    "Here: mean ± std (runs), %",
    "Claimed - here (95 %)",
    "Verdict",
    "Known flaws",
    "Command",
)

_NONE: NDArray[np.float64] = np.empty(0)
_PUBLISHED = "https://github.com/zalandoresearch/fashion-mnist"
_LONGEST = 1000

_INTRODUCTION = f"""\
The rows of the [published table]({_PUBLISHED}), whose page says that nobody tested them, and the
reference systems (S1 to S5). Accuracies are on Fashion-MNIST unless MNIST is named. Old data:
Fashion-MNIST before 31 August 2017, whose test images are others.

A claim *holds* when it lies where 95 of 100 such figures of our recipe would: one run, the mean or
the best of as many runs as the claim rests on, by the spread of our seeds, the rounding of the
claim and, unless it is known to use the current test images, the sampling of 10,000 test images
twice. The difference is the claim minus our mean, in points; for the best of k runs, minus the
best that k of our runs would give. It takes {FEWEST_RUNS} runs of the command's recipe, in which
what the source leaves open was chosen here. Flaws marked *probably* are inferred; the others are
read in a source.
"""


def claims_markdown(claims: Sequence[Claim], measured: Measured, own: str) -> str:
    """Return the page: our `own` rows as a table, then the verdicts, and a note on each claim."""
    verdicts = verdicts_of(claims, measured)
    lines = [
        _line(claim, _here(claim, measured), each)
        for claim, each in zip(claims, verdicts, strict=True)
    ]
    return "\n".join(
        [
            "# Claims\n",
            "The rows measured here, in the columns of the published table:\n",
            own,
            "## Verdicts\n",
            verdict_sentence(claims, verdicts) + "\n",
            _INTRODUCTION,
            table(HEADER, lines, right=frozenset({"#", "Claimed"})),
            "## Notes\n",
            "\n".join(_note(claim) for claim in claims) + "\n",
        ]
    )


def verdicts_of(claims: Sequence[Claim], measured: Measured) -> list[Verdict]:
    """Return the verdict on each claim."""
    return [judge(claim, _here(claim, measured)) for claim in claims]


def verdict_sentence(claims: Sequence[Claim], verdicts: Sequence[Verdict]) -> str:
    """Count the verdicts on the rows of the published table, in words."""
    counted = [each for claim, each in zip(claims, verdicts, strict=True) if claim.number]
    parts = [text for kind in _SAID if (text := _count(kind, counted))]
    rows = "row" if len(counted) == 1 else "rows"
    return f"Of {len(counted)} published {rows}, {', '.join(parts) or 'none is judged'}."


_SAID: dict[Kind, tuple[str, str]] = {
    "holds": ("holds", "hold"),
    "too high": ("is too high by", "are too high by"),
    "too low": ("is too low by", "are too low by"),
    "not comparable": ("is not comparable", "are not comparable"),
    "cannot be run": ("cannot be run", "cannot be run"),
    "not yet": ("is not yet judged", "are not yet judged"),
}


def _count(kind: Kind, verdicts: Sequence[Verdict]) -> str:
    found = [each for each in verdicts if each.kind == kind]
    if not found:
        return ""
    text = f"{len(found)} {_SAID[kind][len(found) > 1]}"
    if not text.endswith("by"):
        return text
    apart = sorted({f"{100 * abs(each.difference or 0):.2f}" for each in found}, key=float)
    return (
        f"{text} {apart[0]} points"
        if len(apart) == 1
        else f"{text} {apart[0]} to {apart[-1]} points"
    )


def mean_here(claim: Claim, measured: Measured) -> str:
    """Write what the claim's experiment reached, in percent."""
    return _mean(_here(claim, measured))


def _here(claim: Claim, measured: Measured) -> NDArray[np.float64]:
    return measured.get((claim.experiment or "", claim.dataset), _NONE)


def _line(claim: Claim, here: NDArray[np.float64], found: Verdict) -> list[str]:
    return [
        mark(claim),
        escape(claim.classifier),
        _claimed(claim),
        str(claim.statistic),
        claim.data if claim.dataset == "fashion_mnist" else MISSING,
        _mean(here),
        difference(found),
        _verdict(claim, found),
        flaws(claim),
        f"`{command(claim)}`" if claim.experiment else MISSING,
    ]


def mark(claim: Claim) -> str:
    """Write the number of a claim: S1 is that of the first reference system."""
    return f"S{claim.system}" if claim.number is None else str(claim.number)


def _claimed(claim: Claim) -> str:
    """Write the figure that is judged with its digits, its misprint struck out, then MNIST's."""
    figures = []
    for dataset, printed, name in (
        ("fashion_mnist", claim.fashion_mnist, ""),
        ("mnist", claim.mnist, "MNIST "),
    ):
        value = claim.accuracy(dataset)
        if value is None or printed is None:
            continue
        struck = "" if value == printed else f"~~{printed:.3f}~~ "
        judged = dataset == claim.dataset
        text = f"{value:.{claim.digits}f}" if judged else f"{value:.4f}".removesuffix("0")
        figures.append(f"{name}{struck}{text}")
    return ", ".join(figures) or MISSING


def _mean(here: NDArray[np.float64]) -> str:
    if not len(here):
        return MISSING
    spread = f" ± {percent(float(here.std(ddof=1)))}" if len(here) > 1 else ""
    return f"{percent(float(here.mean()))}{spread} ({len(here)})"


def difference(found: Verdict) -> str:
    """Write a verdict's difference with its interval, in points."""
    if found.difference is None or found.low is None or found.high is None:
        return MISSING
    return f"{points(found.difference)} ({points(found.low)} to {points(found.high)})"


def _verdict(claim: Claim, found: Verdict) -> str:
    cost = f", {claim.cost_hours:g} h a run" if found.kind == "not yet" and claim.cost_hours else ""
    reason = f": {escape(found.reason)}{cost}" if found.reason else ""
    return f"**{found.kind}**{reason}"


def flaws(claim: Claim) -> str:
    """Write what stands between the claim and this board's protocol."""
    probable = [f"probably {flaw}" for flaw in claim.probable_flaws]
    return ", ".join([*claim.flaws, *probable]) or MISSING


def command(claim: Claim) -> str:
    """Write what trains the runs that settle a claim with an experiment."""
    seeds = ",".join(map(str, range(FEWEST_RUNS)))
    data = " data=mnist" if claim.dataset == "mnist" else ""
    return f"fmnist-bench train -m experiment={claim.experiment}{data} seed={seeds}"


def _note(claim: Claim) -> str:
    code = ", ".join(link(host(address), address) for address in claim.code)
    source = f" ({link('source', claim.note_source)})" if claim.note_source else ""
    return (
        f"- **{mark(claim)}** {escape(claim.classifier)}, by "
        f"{link(claim.submitter, claim.submitter_url)}{f', {code}' if code else ''}. "
        f"{escape(claim.note, longest=_LONGEST)}{source}"
    )
