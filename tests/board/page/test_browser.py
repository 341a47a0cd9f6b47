"""The page in a real browser: it is used as a reader would, by mouse and by keyboard."""

import math
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect, sync_playwright

from fmnist_bench.board.collect import Collected, Problem, ScoredRun
from fmnist_bench.board.page.html import SCRIPTS
from fmnist_bench.board.page.html import page as build
from fmnist_bench.board.page.pairs import DIGITS
from fmnist_bench.board.page.payload import payload
from fmnist_bench.board.standings import build_board

BOTH = ["fashion_mnist", "mnist"]
PATIENCE = 60_000
"""Milliseconds that a busy machine may take over what usually takes a few."""

expect.set_options(timeout=PATIENCE)
ATTACK = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Site:
    """A page's address and its data."""

    url: str
    data: dict[str, Any]


def hostile_runs(synthetic: SimpleNamespace, make_runs: Callable[..., Any]) -> list[ScoredRun]:
    row = synthetic.row(
        ATTACK,
        6,
        classifier=f"x {ATTACK}",
        submitter="javascript:window.hacked=1",
        code="javascript:window.hacked=1",
    )
    changes = {
        "recipe_changes": {
            "callbacks": {ATTACK: {"p": f"{ATTACK}\u2028"}},
            "trainer": {"precision": ATTACK},
        },
        "versions": {ATTACK: ATTACK},
        "parameters": None,
    }
    lost = synthetic.failed(row, seed=5, error=ATTACK, recipe_changes=changes["recipe_changes"])
    return [*make_runs(row, {"fashion_mnist": 0.86}, hard=2, **changes), ScoredRun("runs/x", lost)]


@pytest.fixture(scope="module")
def site(
    synthetic: SimpleNamespace,
    make_runs: Callable[..., Any],
    noise: dict[str, NDArray[np.uint8]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Site:
    def made(name: str, fashion: float, mnist: float | None, **changes: Any) -> Any:
        datasets = BOTH if mnist else BOTH[:1]
        seeds = changes.pop("seeds", 5)
        accuracies = {"fashion_mnist": fashion} | ({"mnist": mnist} if mnist else {})
        return make_runs(
            synthetic.row(name, seeds, datasets=datasets), accuracies, seeds, **changes
        )

    runs = [
        *made("vgg", 0.94, 0.99, parameters=9_000_000, macs=90_000_000),
        *made("cnn", 0.92, 0.995, parameters=400_000, macs=4_000_000),
        *made("few", 0.91, None, seeds=3, parameters=50_000, macs=50_000),
        *made("prior", 0.1, 0.11, parameters=10, macs=0),
        *hostile_runs(synthetic, make_runs),
    ]
    problem = Problem(f"runs/{ATTACK}/record.json", ATTACK)
    board = build_board(Collected(tuple(runs), (problem,)))
    data = payload(board, noise, {"cnn": ATTACK})
    path = tmp_path_factory.mktemp("site") / "leaderboard.html"
    path.write_bytes(build(data))
    return Site(path.as_uri(), data)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no browser: install Debian's chromium, or Google Chrome")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open the page; afterwards, the browser must have had nothing to say or to fetch."""
    contexts = []
    complaints: list[str] = []
    asked: list[str] = []

    def opened(fragment: str = "", width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(site.url + fragment)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url for url in asked if not url.startswith("data:image/png;")} == {site.url}


def names(page: Page) -> list[str]:
    return [text.strip()[:5] for text in page.locator("tr.row .name").all_inner_texts()]


def row(page: Page, name: str) -> Any:
    return page.locator("tr.row").get_by_role("button", name=name, exact=True)


def test_the_table_shows_the_data_in_the_boards_order(
    visit: Callable[..., Page], site: Site
) -> None:
    page = visit()
    assert names(page) == ["vgg", "cnn", "few", "prior", "</scr"]
    lines = page.locator("tr.row").all_inner_texts()
    for line, data in zip(lines, site.data["rows"], strict=True):
        column = data["columns"]["fashion_mnist"]
        assert f"{column['percent']} ± {column['std']}" in line
        assert (column["rank"] or column["status"]) in line
        assert data["cost"]["parameters"]["text"] in line and data["tier"] in line
    bars = page.locator("tr.row svg.bar")
    label = f"95 % interval over seeds and images: {interval(site, 0)['text']}"
    expect(bars.nth(0)).to_have_attribute("aria-label", label)
    expect(bars.nth(3)).to_contain_text("off the scale")


def interval(site: Site, place: int) -> dict[str, Any]:
    found = site.data["rows"][place]["columns"]["fashion_mnist"]["intervals"]["total"]
    return dict(found)


def test_bars_lie_where_their_intervals_do(visit: Callable[..., Page], site: Site) -> None:
    """On a scale that is linear in the logarithm of the error."""
    page = visit()
    drawn = page.locator("tr.row svg.bar .interval").evaluate_all(
        "lines => lines.map(line => [+line.getAttribute('x1'), +line.getAttribute('x2')])"
    )
    places = [0, 1, 2, 4]  # prior is off the scale
    ends = [(interval(site, i)["low"], interval(site, i)["high"]) for i in places]
    x = [math.log(1 - end) for pair in ends for end in pair]
    y = [end for pair in drawn for end in pair]
    assert len(y) == 8
    slope, start = np.polyfit(x, y, 1)
    assert slope < 0
    assert np.allclose(np.polyval([slope, start], x), y, atol=0.01)


@pytest.mark.parametrize("tab", ["fashion", "both"])
def test_the_axis_in_the_heading_stands_over_the_grid(visit: Callable[..., Page], tab: str) -> None:
    page = visit(f"#tab={tab}")
    middle = """all => all.map(e => e.getBoundingClientRect())
                      .map(box => (box.left + box.right) / 2)"""
    labels = page.locator("#board thead svg text").evaluate_all(middle)
    lines = page.locator("tr.row").first.locator("svg .grid").evaluate_all(middle)
    assert len(labels) == len(lines) >= 3
    assert np.allclose(labels, lines, atol=0.6)
    sizes = "(box => [box.scrollWidth, box.clientWidth])(document.querySelector('.box'))"
    content, room = page.evaluate(sizes)
    assert content <= room


def test_headings_sort_both_ways_and_rows_without_a_value_stay_last(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    button = page.get_by_role("button", name="Parameters")
    heading = page.get_by_role("columnheader", name="Parameters")
    button.click()
    assert names(page) == ["prior", "few", "cnn", "vgg", "</scr"]
    expect(heading).to_have_attribute("aria-sort", "ascending")
    button.press("Enter")
    assert names(page) == ["vgg", "cnn", "few", "prior", "</scr"]
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert page.locator("[aria-sort]").count() == 1
    page.get_by_role("button", name="Accuracy, %").click()
    assert names(page) == ["vgg", "cnn", "few", "</scr", "prior"]
    page.reload()
    assert names(page) == ["vgg", "cnn", "few", "</scr", "prior"]  # the address holds the order


def test_filters_narrow_the_table_and_say_how_far(visit: Callable[..., Page]) -> None:
    page = visit()
    count = page.locator("#shown")
    page.get_by_label("Search").fill("THE vgg")
    assert names(page) == ["vgg"]
    expect(count).to_have_text("1 of 5 rows")
    page.get_by_label("Search").fill("")
    most = page.get_by_label("At most, parameters")
    most.fill("400k")
    assert names(page) == ["cnn", "few", "prior"]
    most.fill("lots")
    assert len(names(page)) == 5
    expect(most).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("A number such as 500k or 2M")).to_be_visible()
    most.fill("0.5M")
    page.get_by_label("State").select_option("provisional")
    assert names(page) == ["few"]
    page.get_by_label("State").select_option("reproduced")
    assert names(page) == []
    expect(page.get_by_text("No row matches")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(count).to_have_text("5 of 5 rows")
    assert "#" in page.url and page.url.split("#")[1] == ""


def test_a_row_opens_with_all_that_is_known(visit: Callable[..., Page], site: Site) -> None:
    page = visit()
    row(page, "cnn").click()
    data = site.data["rows"][1]
    column = data["columns"]["fashion_mnist"]
    detail = page.locator("tr.detail")
    expect(row(page, "cnn")).to_have_attribute("aria-expanded", "true")
    assert detail.bounding_box()["height"] < 900  # its figures; the rest is folded
    for title in ("Confusion matrix and hardest images", "How it was made"):
        detail.get_by_text(title).click()
    assert detail.locator("pre.config").inner_text().rstrip() == data["config"].rstrip()
    assert detail.locator("pre.shell").inner_text() == "\n".join(data["command"])
    cells = detail.locator(".confusion td").all_inner_texts()
    assert cells == column["confusion"].split()
    assert detail.locator(".classes .number").all_inner_texts() == column["classes"]
    seeds = detail.locator(".seeds tbody tr").all_inner_texts()
    assert [line.split("\t")[1] for line in seeds] == [run["accuracy"] for run in column["runs"]]
    expect(detail.locator(".gallery figure")).to_have_count(len(column["hardest"]))
    expect(detail.locator("canvas.curve")).to_have_count(1)
    row(page, "vgg").click()
    expect(page.locator("tr.detail")).to_have_count(1)
    expect(row(page, "cnn")).to_have_attribute("aria-expanded", "false")


def test_pictures_are_the_test_images(
    visit: Callable[..., Page], site: Site, noise: dict[str, NDArray[np.uint8]]
) -> None:
    page = visit("#row=cnn&tab=mnist")
    images = site.data["rows"][1]["columns"]["mnist"]["hardest"]
    canvas = page.locator("tr.detail .gallery canvas").first
    page.wait_for_function("sheets.mnist.then(() => true)")
    pixels = canvas.evaluate("c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data]")
    seen = np.array(pixels, np.uint8).reshape(28, 28, 4)
    assert (seen[:, :, 0] == noise["mnist"][images[0]["index"]]).all()
    assert (seen[:, :, 3] == 255).all()


def test_an_address_opens_a_row_on_a_tab(visit: Callable[..., Page]) -> None:
    page = visit("#row=cnn&tab=mnist")
    expect(page.get_by_role("tab", name="MNIST", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    assert names(page) == ["cnn", "vgg", "prior"]  # as ranked on MNIST
    expect(row(page, "cnn")).to_be_in_viewport()
    expect(page.locator("tr.detail")).to_contain_text("Confusion matrix")
    page.evaluate("location.hash = '#row=vgg'")
    expect(row(page, "vgg")).to_have_attribute("aria-expanded", "true")
    page.evaluate("location.hash = '#tab=__proto__&sort=constructor&row=nobody&state=x&way=y'")
    expect(page.locator("tr.detail")).to_have_count(0)
    assert names(page) == ["vgg", "cnn", "few", "prior", "</scr"]


def test_the_keyboard_is_enough(visit: Callable[..., Page]) -> None:
    page = visit()
    for _ in range(3):  # past the link that skips and the theme
        page.keyboard.press("Tab")
    expect(page.get_by_role("tab", name="Fashion-MNIST")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Side by side")).to_be_focused()
    expect(page.get_by_role("columnheader", name="MNIST rank", exact=True)).to_be_visible()
    page.keyboard.press("Home")
    row(page, "few").focus()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(row(page, "few")).to_have_attribute("aria-expanded", "true")
    assert page.url.endswith("#row=few")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("tr.detail")).to_have_count(0)
    expect(row(page, "few")).to_be_focused()


def test_cost_and_front_follow_the_choice(visit: Callable[..., Page]) -> None:
    page = visit()
    chart = page.locator("#cost")
    expect(chart).to_have_attribute(
        "aria-label", re.compile("front, cheapest first: few, cnn, vgg")
    )
    expect(page.locator("#cost-note")).to_contain_text("Not drawn, being below 50 %")
    page.get_by_label("MACs").check()
    expect(chart).to_have_attribute("aria-label", re.compile("multiply-accumulates.* 4 rows"))
    drawn = page.evaluate(
        "costChart.data.datasets.map(s => [s.label, s.data.map(p => p.row.title.slice(0, 5))])"
    )
    assert drawn == [
        ["Evidenced", ["vgg", "cnn"]],
        ["Provisional, incomplete or few runs", ["few", "</scr"]],
        ["Pareto front", ["few", "cnn", "vgg"]],
    ]
    page.get_by_role("tab", name="Side by side").click()
    expect(page.get_by_role("heading", name="Fashion-MNIST against MNIST")).to_be_visible()
    assert page.evaluate("costChart.data.datasets.map(set => set.data.length)") == [2]


def test_a_row_is_compared_with_another_at_an_address_of_its_own(
    visit: Callable[..., Page], site: Site
) -> None:
    page = visit("#row=vgg")
    page.get_by_text("Against every other row").click()
    line = page.locator(".pairs tbody tr").filter(has_text="cnn")
    means = [site.data["rows"][i]["columns"]["fashion_mnist"]["mean"] for i in (0, 1)]
    expect(line).to_contain_text(f"+{100 * (means[0] - means[1]):.2f}")
    expect(line).to_contain_text("better")
    line.get_by_role("button", name="cnn").click()
    assert page.url.endswith("#row=vgg&with=cnn")
    page.reload()
    expect(page.get_by_role("heading", name="vgg minus cnn")).to_be_visible()
    told = [site.data["rows"][i]["columns"]["fashion_mnist"]["wrong"] for i in (0, 1)]
    steps = [re.findall(r"(~*)(.)\d", each) for each in told]
    wrong = [
        {*np.cumsum([64 * len(more) + DIGITS.index(digit) for more, digit in each]).tolist()}
        for each in steps
    ]
    only = len(wrong[1] - wrong[0])
    expect(page.get_by_text(f"Only vgg gets {only} images right")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="vgg minus cnn")).to_have_count(0)


def test_every_test_image_has_an_address(visit: Callable[..., Page], site: Site) -> None:
    page = visit("#image=9999")
    labels = site.data["datasets"]["fashion_mnist"]["labels"]
    name = site.data["datasets"]["fashion_mnist"]["classes"][int(labels[9999])]
    shown = page.locator("#one")
    expect(shown.locator("dd").first).to_have_text(name)
    voting = [row for row in site.data["rows"] if row["columns"]["fashion_mnist"].get("wrong")]
    counted = [int(text.split()[0]) for text in shown.locator("dd").all_inner_texts()[1:]]
    assert sum(counted) == len(voting)
    page.get_by_label("Test image of").fill("12345")
    page.get_by_label("Test image of").press("Enter")
    expect(page.get_by_text("There is no such image.")).to_be_visible()


def test_a_point_opens_its_row(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator("#cost").scroll_into_view_if_needed()
    spot = page.evaluate("(({x, y}) => ({x, y}))(costChart.getDatasetMeta(0).data[1])")
    page.locator("#cost").click(position=spot)
    expect(row(page, "cnn")).to_have_attribute("aria-expanded", "true")
    expect(row(page, "cnn")).to_be_in_viewport()


def test_reported_results_and_hard_images(visit: Callable[..., Page], site: Site) -> None:
    page = visit()
    claims = site.data["claims"]["all"]
    lines = page.locator("#reported tbody tr")
    assert lines.count() == len(claims) == 46
    for line, claim in zip(lines.all_inner_texts(), claims, strict=True):
        assert claim["claimed"] in line and claim["verdict"] in line and claim["note"][:40] in line
    page.get_by_label("Verdict").select_option("not yet")
    waiting = [claim for claim in claims if claim["verdict"] == "not yet"]
    expect(lines).to_have_count(len(waiting))
    expect(lines.first.locator("code")).to_have_text(waiting[0]["command"])
    assert "verdict=not+yet" in page.url
    page.go_back()
    expect(lines).to_have_count(46)
    page.get_by_label("Search").fill("few")
    page.get_by_role("button", name="Open cnn").click()  # which the filter hides
    expect(row(page, "cnn")).to_be_focused()
    expect(page.locator("#shown")).to_have_text("5 of 5 rows")
    hard = site.data["datasets"]["fashion_mnist"]["hard"]
    figures = page.locator("#hard figure")
    expect(figures).to_have_count(len(hard["images"]))
    expect(figures.first).to_contain_text(f"{hard['images'][0]['wrong']} rows wrong")


def test_a_hostile_record_is_only_text(visit: Callable[..., Page], site: Site) -> None:
    page = visit()
    page.locator("tr.row .name").last.click()
    detail = page.locator("tr.detail")
    detail.get_by_text("How it was made").click()
    expect(detail).to_contain_text("javascript:window.hacked=1")
    expect(detail).to_contain_text("onerror=window.hacked=1")
    expect(detail).to_contain_text("Failed runs")
    expect(page.locator("#notes")).to_contain_text("<img src=x")
    row(page, "cnn").click()
    detail.get_by_text("How it was made").click()
    expect(detail.locator("pre", has_text="onerror=window.hacked=1")).to_be_visible()  # its review
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, [onerror], a[href^='javascript']").count() == 0
    assert page.locator("script").count() == 2 + len(SCRIPTS)
    links = page.locator("a[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert all(link.startswith(("https://", "http://", "../", "#")) for link in links)


def test_a_script_that_got_in_would_not_run(browser: Browser, site: Site) -> None:
    """The policy stops what the page's own code never does: code from text, and the network."""
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(site.url)
    tried = page.evaluate(
        """async () => {
          const said = [];
          const script = document.createElement("script");
          try { script.textContent = "window.hacked = 1"; } catch { said.push("script"); }
          try { byId("notes").innerHTML = "<b>x</b>"; } catch { said.push("markup"); }
          await fetch("data:text/plain,x").catch(() => said.push("fetch"));
          return said;
        }"""
    )
    assert tried == ["script", "markup", "fetch"]
    assert page.evaluate("window.hacked") is None
    assert any("Content Security Policy" in text for text in said)
    page.close()


@pytest.mark.parametrize("tab", ["fashion", "mnist", "both"])
def test_a_phone_scrolls_only_down(visit: Callable[..., Page], tab: str) -> None:
    page = visit(f"#tab={tab}&row=cnn", width=360)
    expect(page.locator("tr.detail")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    outside = page.locator("tr.row *, #filters *, [role=tab], tr.detail .panel").evaluate_all(
        """all => all.filter(e => e.getBoundingClientRect().right > 360.5)
                     .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert outside == []


CONTRASTS = """() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    if (["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const ink = rgba(element.closest("svg") ? style.fill : style.color);
    const [high, low] = [light(ink), light(ground(element))].sort((a, b) => b - a);
    seen.push([(high + 0.05) / (low + 0.05), walker.currentNode.data.trim().slice(0, 40)]);
  }
  return seen;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(visit: Callable[..., Page], scheme: str) -> None:
    page = visit("#tab=both&row=vgg", color_scheme=scheme)
    seen = page.evaluate(CONTRASTS)
    assert len(seen) > 600
    assert [(round(ratio, 2), text) for ratio, text in seen if ratio < 4.5] == []


def test_the_theme_follows_the_system_and_then_the_button(visit: Callable[..., Page]) -> None:
    page = visit(color_scheme="dark")
    button = page.get_by_role("button", name="Dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(21, 23, 26)"
    expect(button).to_have_attribute("aria-pressed", "true")
    axis = "costChart.options.scales.y.ticks.color"
    dark = page.evaluate(axis)
    button.click()
    assert page.evaluate(ground) == "rgb(246, 246, 243)"
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(axis) != dark
    page.reload()
    assert page.evaluate(ground) == "rgb(246, 246, 243)"  # remembered


def test_paper_is_light_and_the_screen_dark_again(visit: Callable[..., Page]) -> None:
    page = visit("#row=vgg", color_scheme="dark")
    axis = "costChart.options.scales.y.ticks.color"
    dark = page.evaluate(axis)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 246, 243)"
    assert page.evaluate(axis) != dark
    assert [text for ratio, text in page.evaluate(CONTRASTS) if ratio < 4.5] == []
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(axis) == dark


def test_back_returns_to_what_was_shown(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_label("Search").fill("c")
    row(page, "cnn").click()
    page.get_by_role("tab", name="MNIST", exact=True).click()
    page.go_back()
    expect(page.get_by_role("tab", name="Fashion-MNIST")).to_have_attribute("aria-selected", "true")
    expect(row(page, "cnn")).to_have_attribute("aria-expanded", "true")
    page.go_back()
    expect(page.locator("tr.detail")).to_have_count(0)
    expect(page.get_by_label("Search")).to_have_value("c")


def test_an_address_shows_its_row_or_says_that_it_is_gone(visit: Callable[..., Page]) -> None:
    page = visit("#q=zzz&row=vgg")
    expect(row(page, "vgg")).to_have_attribute("aria-expanded", "true")
    page.evaluate("location.hash = '#row=left+long+ago'")
    expect(page.get_by_text("No row left long ago is on this board.")).to_be_visible()
    page.evaluate("location.hash = '#row=cnn'")
    expect(page.locator("#gone")).to_be_hidden()


@pytest.mark.parametrize(("given", "most"), [("1,500", 1500), ("1,5", 1.5), ("1.5k", 1500)])
def test_a_count_is_read_as_it_is_written(
    visit: Callable[..., Page], given: str, most: float
) -> None:
    assert visit().evaluate("text => countOf(text)", given) == most


def test_a_laptop_shows_twelve_rows_of_one_line(visit: Callable[..., Page]) -> None:
    page = visit()
    heights = page.locator("tr.row").evaluate_all("all => all.map(row => row.offsetHeight)")
    top = page.locator("tr.row").first.bounding_box()["y"]
    # The last has a gap to tell of, in a line of its own.
    assert top + 12 * max(heights[:4]) < 800


def test_without_scripts_the_board_can_be_read(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url)
    lines = page.locator("noscript tr").all_inner_texts()
    assert len(lines) == 1 + len(site.data["rows"])
    first = site.data["rows"][0]
    assert first["classifier"] in lines[1]
    assert first["columns"]["fashion_mnist"]["percent"] in lines[1]
    assert page.locator("form").is_hidden()
    assert page.locator("img, b").count() == 0
    context.close()


def test_an_empty_board_is_a_page_too(browser: Browser, tmp_path: Path) -> None:
    path: Path = tmp_path / "empty.html"
    board = build_board(Collected((), ()))
    path.write_bytes(build(payload(board, {}, {})))
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    for tab in ("MNIST", "Side by side"):
        page.get_by_role("tab", name=tab, exact=True).click()
        expect(page.get_by_text("No runs yet.")).to_be_visible()
    page.close()
    assert errors == []
