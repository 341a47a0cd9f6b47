"""The reported tier against what is known of the published table."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import TypeAdapter, ValidationError

from fmnist_bench.board.links import link
from fmnist_bench.board.reported import Claim, Statistic, claims
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir

PUBLISHED = {claim.number: claim for claim in claims() if claim.number is not None}
SYSTEMS = [claim for claim in claims() if claim.system is not None]

# Fashion-MNIST/MNIST as the published table prints them, rows 1 to 38.
TABLE = """\
0.876 0.916 0.903 0.919/0.971 0.925/0.992 0.922/0.993 0.932/0.994 0.934/0.994 0.934 0.939 0.907
0.903/0.994 0.926 0.921/0.992 0.931 0.947 0.888/0.965 0.897/0.988 0.967 0.954 0.950 0.949/0.979
0.937 0.899 0.900 0.957 0.8833 0.935 0.959 0.963 0.835 0.936 0.926 0.898/0.958 0.953/0.997 0.906
0.939 0.9312
"""


def test_figures_and_their_digits_are_those_of_the_table() -> None:
    printed = TABLE.split()
    assert len(printed) == len(PUBLISHED) == 38
    for number, figures in enumerate(printed, start=1):
        fashion, _, mnist = figures.partition("/")
        claim = PUBLISHED[number]
        assert claim.fashion_mnist == float(fashion)
        assert claim.mnist == (float(mnist) if mnist else None)
        if claim.corrected is None:
            assert claim.digits == len(fashion.removeprefix("0."))
    assert {claim.system for claim in SYSTEMS} == {1, 2, 3, 4, 5}


def test_what_the_table_misprints_is_corrected_from_its_source() -> None:
    fashion = {n: claim.corrected for n, claim in PUBLISHED.items() if claim.corrected}
    mnist = {n: claim.corrected_mnist for n, claim in PUBLISHED.items() if claim.corrected_mnist}
    # 29 is cut where it should be rounded; the others are other figures.
    assert fashion == {10: 0.9329, 19: 0.9607, 29: 0.9599}
    assert mnist == {12: 0.9904, 34: 0.968}
    for number, value in fashion.items():
        claim = PUBLISHED[number]
        assert claim.accuracy("fashion_mnist") == value and claim.digits == 4
        assert claim.fashion_mnist is not None and abs(value - claim.fashion_mnist) > 0.0005
    assert PUBLISHED[12].accuracy("mnist") == 0.9904
    assert {n for n, c in PUBLISHED.items() if "misprint" in c.flaws} == {10, 19}
    assert {n for n, c in PUBLISHED.items() if "MNIST misprint" in c.flaws} == {12, 34}
    assert all(claim.corrected is claim.corrected_mnist is None for claim in SYSTEMS)


def test_old_data_is_flagged_where_the_version_is_old() -> None:
    for claim in claims():
        assert (claim.data == "old") == ("old data" in claim.flaws), claim.classifier
        if "old data" in claim.probable_flaws:
            assert claim.data == "unknown"
    # 6 and 13 through Kaggle's files, whose labels are those from before the replacement.
    old = {n for n, claim in PUBLISHED.items() if claim.data == "old"}
    assert old == {1, 2, 4, 5, 6, 11, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 29, 30}
    assert {n for n, claim in PUBLISHED.items() if claim.data == "unknown"} == {7, 18, 28, 31, 33}
    assert all("Kaggle" in PUBLISHED[number].note for number in (6, 7, 13))


def test_what_is_inferred_is_kept_apart_from_what_was_read() -> None:
    assert {n: claim.probable_flaws for n, claim in PUBLISHED.items() if claim.probable_flaws} == {
        7: ["old data"],
        11: ["best epoch on test"],
        18: ["old data"],
        23: ["best epoch on test"],
        24: ["best epoch on test"],
        29: ["best epoch on test"],
        30: ["best epoch on test"],
        38: ["test watched while training"],
    }
    assert not any(set(claim.flaws) & set(claim.probable_flaws) for claim in claims())


@pytest.mark.parametrize(
    ("flaw", "numbers"),
    [
        ("fitted on test labels", {11, 23, 24}),
        ("batch statistics at test", {10, 12, 16}),
        ("best epoch on test", {4, 16, 21, 22, 26, 28, 32}),
        ("augmented test set", {21, 26, 35}),
        ("extra data", {21, 38}),
        ("best of several runs", {27}),
    ],
)
def test_flaws_stand_where_a_source_shows_them(flaw: str, numbers: set[int]) -> None:
    assert {number for number, claim in PUBLISHED.items() if flaw in claim.flaws} == numbers


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (4, ["64", "90 or 180"]),
        (12, ["90.33", "99.04"]),
        (16, ["162,720", "never registered"]),
        (21, ["dropout 0.5"]),
        (29, ["mean of 5 runs", "95.99"]),
        (30, ["mean of 5 runs", "96.35"]),
    ],
)
def test_notes_say_what_was_done(number: int, words: list[str]) -> None:
    assert all(word in PUBLISHED[number].note for word in words)


def test_statistics_of_more_than_one_run() -> None:
    several = {n: str(c.statistic) for n, c in PUBLISHED.items() if c.statistic.runs > 1}
    assert several == {
        6: "mean of 10",
        8: "mean of 5",
        21: "best of 2",
        27: "best of 30",
        29: "mean of 5",
        30: "mean of 5",
        31: "ensemble of 3",
        35: "ensemble of 5",
    }
    for kind, runs in (("mean", 1), ("one run", 2)):
        with pytest.raises(ValidationError, match=f"{kind} of {runs} runs"):
            Statistic.model_validate({"kind": kind, "runs": runs})


def test_every_claim_says_what_runs_it_or_why_nothing_can() -> None:
    cannot = {number for number, claim in PUBLISHED.items() if claim.cannot}
    assert cannot == {1, 11, 25, 31, 35, 37}
    for number, claim in PUBLISHED.items():
        assert (claim.cost_hours is None) == (number in cannot)
        if claim.experiment:
            assert re.fullmatch(rf"published_{number:02}_[a-z0-9_]+", claim.experiment)
    short = {number for number, claim in PUBLISHED.items() if claim.schedule}
    assert short == {2, 16, 19, 20, 21, 22, 23, 24, 28, 32}
    known = PUBLISHED[3].model_dump()
    for change in ({"cannot": "no code"}, {"experiment": None}, {"number": None}):
        with pytest.raises(ValidationError, match="a claim"):
            Claim.model_validate(known | change)


def test_every_named_experiment_is_there() -> None:
    there = {path.stem for path in (conf_dir() / "experiment").glob("*.yaml")}
    assert {claim.experiment for claim in SYSTEMS} <= there
    named = [claim.experiment for claim in PUBLISHED.values() if claim.experiment]
    assert len(named) == 32
    assert {name for name in there if name.startswith("published_")} == set(named)


def test_an_experiment_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = PUBLISHED[33].model_copy(update={"experiment": "published_33_hogg"})
    content = TypeAdapter(list[Claim]).dump_json([claim])
    monkeypatch.setattr(Path, "read_bytes", lambda path: content)
    claims.cache_clear()
    with pytest.raises(BenchError, match=r"table\.json: row 33: no conf/.*published_33_hogg\.yaml"):
        claims()
    monkeypatch.undo()
    claims.cache_clear()


def test_every_note_has_text_and_a_source_unless_there_is_none_to_have() -> None:
    for claim in claims():
        assert len(claim.note) > 20
        if claim.note_source is None:
            assert {"source not available", "source not linked"} & set(claim.flaws)


def test_addresses_are_well_formed_and_shown_as_links() -> None:
    for claim in claims():
        for address in [*claim.code, claim.submitter_url, claim.note_source]:
            if address is None:
                continue
            parts = urlsplit(address)
            assert parts.scheme in ("http", "https") and "." in parts.netloc
            assert link("text", address).startswith("[text]("), address


def test_claims_of_the_five_systems() -> None:
    figures = {claim.experiment: (claim.fashion_mnist, claim.mnist) for claim in SYSTEMS}
    assert figures == {
        "mlp_raw": (0.10, None),
        "mlp": (None, None),
        "keras_cnn": (None, 0.9926),
        "vgg": (0.9304, None),
        "mobilenetv2": (0.945, None),
        "mobilenetv2_flip": (0.9504, None),
        "cnn": (0.9275, None),
        "resnet18": (0.9152, None),
    }
    (cnn,) = [claim for claim in SYSTEMS if claim.experiment == "cnn"]
    assert "chosen here" in cnn.note and "source not available" not in cnn.flaws
