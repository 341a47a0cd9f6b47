"""The reported tier against what is known of the published table."""

import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from fmnist_bench.board.links import link
from fmnist_bench.board.reported import Claim, claims
from fmnist_bench.paths import conf_dir

PUBLISHED = [claim for claim in claims() if claim.system is None]
SYSTEMS = [claim for claim in claims() if claim.system is not None]


def only(classifier: str) -> Claim:
    (claim,) = [claim for claim in PUBLISHED if claim.classifier == classifier]
    return claim


def test_all_38_rows_and_5_systems_are_there() -> None:
    assert len(PUBLISHED) == 38
    assert {claim.system for claim in SYSTEMS} == {1, 2, 3, 4, 5}


def test_counts_and_ranges_of_the_published_columns() -> None:
    fashion = [claim.fashion_mnist for claim in PUBLISHED if claim.fashion_mnist is not None]
    mnist = [claim.mnist for claim in PUBLISHED if claim.mnist is not None]
    assert (len(fashion), len(mnist)) == (38, 12)
    assert min(fashion) == 0.835 and max(fashion) == 0.967
    assert min(mnist) == 0.958 and max(mnist) == 0.997


@pytest.mark.parametrize(
    ("classifier", "accuracy"),
    [
        ("WRN-28-10 + Random Erasing", 0.963),
        ("DENSER", 0.953),
        ("MLP 256-128-100", 0.8833),
        ("Fastai", 0.9312),
        ("Human Performance", 0.835),
        ("HOG+SVM", 0.926),
        ("VGG16 26M parameters", 0.935),
        ("MobileNet", 0.950),
    ],
)
def test_figures_are_those_of_the_table(classifier: str, accuracy: float) -> None:
    assert only(classifier).fashion_mnist == accuracy


def test_the_two_known_misprints_are_corrected() -> None:
    misprints = {claim.classifier: claim for claim in PUBLISHED if "misprint" in claim.flaws}
    assert set(misprints) == {"WRN40-4 8.9M params", "2 Conv+2 FC"}
    wide, small = misprints["WRN40-4 8.9M params"], misprints["2 Conv+2 FC"]
    assert (wide.fashion_mnist, wide.accuracy("fashion_mnist")) == (0.967, 0.9607)
    assert (small.fashion_mnist, small.accuracy("fashion_mnist")) == (0.939, 0.9329)
    others = [claim for claim in claims() if claim not in (wide, small)]
    assert all(claim.corrected is None for claim in others)


def test_old_data_is_flagged_where_the_version_is_old() -> None:
    for claim in claims():
        assert (claim.data == "old") == ("old data" in claim.flaws), claim.classifier
    assert Counter(claim.data for claim in PUBLISHED)["old"] == 16


def test_every_note_has_text_and_a_source_unless_there_is_none_to_have() -> None:
    for claim in claims():
        assert len(claim.note) > 20
        if claim.note_source is None:
            assert "source not available" in claim.flaws, claim.classifier


def test_addresses_are_well_formed_and_shown_as_links() -> None:
    for claim in claims():
        for address in [*claim.code, claim.submitter_url, claim.note_source]:
            if address is None:
                continue
            parts = urlsplit(address)
            assert parts.scheme in ("http", "https") and "." in parts.netloc
            assert link("text", address).startswith("[text]("), address


def test_every_named_experiment_is_there() -> None:
    """A claim that nothing reproduces yet says so, and names no file that is still to come."""
    there = {path.stem for path in (conf_dir() / "experiment").glob("*.yaml")}
    assert {claim.experiment for claim in claims() if claim.experiment} <= there


def test_experiments_are_named_as_files_are() -> None:
    named = {claim.experiment for claim in claims() if claim.experiment}
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in named)
    assert {"mlp_raw", "mlp", "keras_cnn", "vgg", "cnn", "resnet18"} <= named
    assert all(claim.experiment for claim in SYSTEMS)


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
