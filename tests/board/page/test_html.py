import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

from fmnist_bench.board.page.html import LIBRARY, SCRIPTS, embedded, page

HOSTILE = "</script><script>alert(1)</script><!-- & \u2028 \u2029 \ud83d\ude00"


class Elements(HTMLParser):
    """Collects the attributes and the text of every element of some tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, dict(attrs), ""))
        self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            tag, attributes, text = self.found[-1]
            self.found[-1] = (tag, attributes, text + data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, text) for found, attributes, text in self.found if found == tag]


def test_embedded_json_reads_back_and_holds_nothing_that_ends_an_element() -> None:
    value = {"a": HOSTILE.encode("utf-16", "surrogatepass").decode("utf-16"), "b": [1.5, None]}
    text = embedded(value)
    assert json.loads(text) == value
    assert not re.search("[<>&\u2028\u2029]", text)


def test_the_policy_names_exactly_what_is_inside() -> None:
    elements = Elements(page({"title": HOSTILE[:40]}).decode())
    scripts = elements.all("script")
    (data,) = [text for attributes, text in scripts if attributes.get("type")]
    assert json.loads(data) == {"title": HOSTILE[:40]}
    run = [text for attributes, text in scripts if not attributes.get("type")]
    assert len(run) == 1 + len(SCRIPTS)
    (style,) = elements.all("style")
    policy = next(
        attributes["content"] or ""
        for attributes, _ in elements.all("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert rules["default-src"] == ["'none'"] and rules["img-src"] == ["data:"]
    assert rules["script-src"] == [source(text) for text in run]
    assert rules["style-src"] == [source(style[1])]


def source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_nothing_outside_the_file_is_named() -> None:
    text = page({}).decode()
    elements = Elements(text)
    assert not any("src" in attributes for _, attributes, _ in elements.found)
    links = [attributes["href"] for _, attributes, _ in elements.found if "href" in attributes]
    assert links == ["#board"]
    assert "sourceMappingURL" not in text and LIBRARY not in text
    assert "url(" not in elements.all("style")[0][1]


def test_the_same_data_gives_the_same_bytes() -> None:
    assert page({"b": 1, "a": [2]}) == page({"b": 1, "a": [2]})
