"""The page of claims: its sentence, and its table as a Markdown library reads it."""

from collections import Counter
from itertools import pairwise

import numpy as np
from markdown_it import MarkdownIt

from fmnist_bench.board.reported import claims
from fmnist_bench.board.reported_tables import (
    HEADER,
    claims_markdown,
    verdict_sentence,
    verdicts_of,
)
from fmnist_bench.board.verdicts import Verdict

THIRD = claims()[2]


def test_the_sentence_counts_the_published_rows() -> None:
    measured = {
        ("published_03_abhirajhinge", "fashion_mnist"): np.array([0.902, 0.903, 0.904]),
        ("published_08_cmasch", "fashion_mnist"): np.array([0.931, 0.931, 0.931, 0.9311]),
        ("published_09_khanguyen1207", "fashion_mnist"): np.array([0.92, 0.9202, 0.9201]),
        ("published_12_meghanabhange", "fashion_mnist"): np.array([0.92, 0.92]),
        ("published_14_gchhablani", "fashion_mnist"): np.array([0.931, 0.9312, 0.9311]),
        ("vgg", "fashion_mnist"): np.array([0.93, 0.9304, 0.931]),
    }
    verdicts = verdicts_of(claims(), measured)
    assert verdict_sentence(claims(), verdicts) == (
        "Of 38 published rows, 1 holds, 2 are too high by 0.30 to 1.39 points, "
        "1 is too low by 1.01 points, 10 are not comparable, 6 cannot be run, "
        "18 are not yet judged."
    )
    kinds = Counter(found.kind for found in verdicts[:38])
    assert kinds == {
        **{"holds": 1, "too high": 2, "too low": 1},
        **{"not comparable": 10, "cannot be run": 6, "not yet": 18},
    }
    one = [Verdict("holds", 3)]
    assert verdict_sentence([THIRD], one) == "Of 1 published row, 1 holds."


def test_the_page_shows_every_claim_with_its_verdict() -> None:
    ours = np.array([0.901, 0.903, 0.905])
    text = claims_markdown(
        claims(),
        {
            ("published_03_abhirajhinge", "fashion_mnist"): ours,
            ("keras_cnn", "mnist"): ours,
            ("published_12_meghanabhange", "fashion_mnist"): ours[:1],
        },
        "",
    )
    parsed = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    cells = [
        "".join(child.content for child in token.children or [])
        for before, token in pairwise(parsed)
        if before.type in ("th_open", "td_open")
    ]
    lines = [cells[i : i + len(HEADER)] for i in range(0, len(cells), len(HEADER))]
    assert lines[0] == list(HEADER) and len(lines) == 1 + 46
    found = {line[0]: dict(zip(HEADER, line, strict=True)) for line in lines[1:39]}
    assert list(found) == [str(number) for number in range(1, 39)]

    third = found["3"]
    assert third["Here: mean ± std (runs), %"] == "90.30 ± 0.20 (3)"
    assert third["Claimed - here (95 %)"] == "+0.00 (-0.99 to +0.99)"
    assert (third["Claimed"], third["Verdict"]) == ("0.903", "holds")
    assert third["Command"] == (
        "fmnist-bench train -m experiment=published_03_abhirajhinge seed=0,1,2"
    )
    assert found["12"]["Verdict"] == "not yet: 1 of 3 runs, 0.03 h a run"
    assert found["12"]["Here: mean ± std (runs), %"] == "90.10 (1)"
    assert found["12"]["Claimed"] == "0.903, MNIST 0.994 0.9904"
    assert found["34"]["Claimed"] == "0.898, MNIST 0.958 0.968"
    assert found["19"]["Claimed"] == "0.967 0.9607" and "~~0.967~~ 0.9607" in text
    assert found["21"]["Claimed"] == "0.950"
    assert found["11"]["Verdict"].startswith("cannot be run: The file")
    assert found["11"]["Command"] == "-"
    assert found["11"]["Known flaws"].endswith("probably best epoch on test")
    assert found["16"]["Verdict"] == "not comparable: run here: 30/200 epochs"
    (keras,) = [line for line in lines if line[2] == "MNIST 0.9926"]
    assert keras[0] == "S2" and keras[7] == "too high" and "data=mnist" in keras[9]
    assert text.count("\n- **") == 46
