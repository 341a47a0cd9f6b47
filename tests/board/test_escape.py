"""Text from a record shows as text; judged by a Markdown library, not by our own rules."""

import html
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from fmnist_bench.board.escape import escape
from fmnist_bench.board.links import link
from fmnist_bench.board.table import table

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

# What Markdown and HTML read as their own, far more often than chance would have it.
HOSTILE = st.text(
    st.one_of(st.sampled_from("|\\`*_~[]()<>&;:#!$@=-+.\"'\n\r\t/wah1 "), st.characters()),
    max_size=60,
)


def shown(text: str) -> str:
    """What a reader is to see of `text`: one line, without characters that have no shape."""
    return " ".join("".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text).split())


def cells(markdown: str) -> list[list[Token]]:
    """The inline content of the table's body cells; everything else must be the table's own."""
    tokens = MARKDOWN.parse(markdown)
    kinds = {token.type for token in tokens}
    frame = {"table", "thead", "tbody", "tr", "th", "td"}
    assert kinds <= {f"{name}_{end}" for name in frame for end in ("open", "close")} | {"inline"}
    return [token.children or [] for token in tokens if token.type == "inline"][3:]


@given(HOSTILE)
@example("|<script>alert(1)</script>")
@example("a | b")
@example("\\|")
@example("`code` **bold** _em_ ~~gone~~ [x](javascript:alert(1)) ![i](http://x/y.png)")
@example("<https://example.com> &lt;b&gt; &amp;amp;")
@example("line\n\n| --- |\n# heading")
@example("__a__ snake_case _b")
@example("\u202egnp.exe")
def test_any_text_in_a_cell_renders_as_that_text(text: str) -> None:
    row = cells(table(("A", "B", "C"), [["x", escape(text), "y"]], right=frozenset()))
    assert len(row) == 3
    middle = [token for token in row[1] if token.content != "<!-- -->"]
    assert {token.type for token in middle} <= {"text", "text_special"}
    assert "".join(token.content for token in middle) == shown(text)
    assert [token.content for token in row[0] + row[2]] == ["x", "y"]


@given(HOSTILE)
@example("write to someone@example.com or www.example.com, https://example.com")
@example("xmpp:a@b.c mailto:a@b.c ftp://x.y")
def test_no_bare_link_is_left_for_a_code_host_to_find(text: str) -> None:
    """GitHub links www., a scheme with its colon, and mail addresses, where it sees them."""
    source = escape(text)
    assert not re.search(r"(?i)\bwww\.|(https?|ftp|mailto|xmpp):|\w@\w", source)


@given(HOSTILE, HOSTILE)
@example("text", "javascript:alert(1)")
@example("text", "https://example.com/a)[x](https://evil.example")
@example("text", 'https://example.com/"onmouseover="x')
@example("text", "fmnist_bench/../../../etc/passwd")
@example("text", "https://example.com/a\n")
def test_a_link_is_either_plain_text_or_goes_where_it_says(text: str, address: str) -> None:
    row = cells(table(("A", "B", "C"), [["x", link(text, address), "y"]], right=frozenset()))
    assert len(row) == 3
    opened = [token for token in row[1] if token.type == "link_open"]
    for token in opened:
        target = str(token.attrs["href"]).replace("%5F", "_")
        assert target in (address, f"../{address}")
        assert ".." not in target.removeprefix("../")
        assert not re.search(r"[\s<>\"'()\[\]|]", target)


@pytest.mark.parametrize(
    "address", ["https://github.com/a/b_c", "fmnist_bench/nets/cnn.py", "conf/model"]
)
def test_proper_addresses_become_links(address: str) -> None:
    row = cells(table(("A", "B", "C"), [["x", link("t", address), "y"]], right=frozenset()))
    assert [token.type for token in row[1]] == ["link_open", "text", "link_close"]


@given(HOSTILE)
def test_html_view_has_no_tag_of_the_texts_making(text: str) -> None:
    """The same through to HTML: a summary line holds the text and nothing else."""
    page = MARKDOWN.render(f"<details><summary>{escape(text)}</summary>\n\n</details>\n")
    inside = page.split("<summary>", 1)[1].split("</summary>", 1)[0].replace("<!-- -->", "")
    assert "<" not in inside
    assert html.unescape(inside) == shown(text)


def test_long_text_is_cut_and_short_text_is_not() -> None:
    assert escape("a" * 200) == "a" * 200
    assert escape("a" * 201) == "a" * 199 + "…"
    assert len(escape("a" * 10**6)) == 200
