"""The palette: text at 4.5:1 and graphics at 3:1 on every ground, in both schemes (WCAG 2.2)."""

import re
from importlib.resources import files
from itertools import product

import pytest

STYLE = (files("fmnist_bench.board.page") / "assets" / "page.css").read_text()
PALETTE = {
    name: pair for name, *pair in re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\);", STYLE)
}
GROUNDS, TEXT = ("page", "surface", "raised"), ("ink", "muted", "link", "warning")
GRAPHICS = ("blue", "vermillion", "grey", "edge")


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_colour_is_given_for_both_schemes() -> None:
    declared = re.findall(r"^  --(\w+):", STYLE, re.MULTILINE)
    assert set(declared) == set(PALETTE) == {*GROUNDS, *TEXT, *GRAPHICS, "line"}


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_and_graphics_stand_out(scheme: int) -> None:
    colours = {name: pair[scheme] for name, pair in PALETTE.items()}
    for ground, text in product(GROUNDS, TEXT):
        assert contrast(colours[ground], colours[text]) >= 4.5, (ground, text)
    for ground, graphic in product(GROUNDS, GRAPHICS):
        assert contrast(colours[ground], colours[graphic]) >= 3, (ground, graphic)
