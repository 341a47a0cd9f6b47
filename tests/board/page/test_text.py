import pytest

from fmnist_bench.board.escape import one_line
from fmnist_bench.board.page.text import address, anchor, block, code


def test_a_line_keeps_markup_and_loses_what_is_invisible() -> None:
    assert one_line("<b>  a\n\tb\u202ec\x1b[2J</b>") == "<b> a b c [2J</b>"
    assert one_line("x" * 300) == "x" * 199 + "…"
    assert one_line("x" * 200) == "x" * 200


def test_a_block_keeps_its_lines_and_is_cut() -> None:
    assert block("a:\n  b: \u202e1", 100) == "a:\n  b:  1"
    assert block("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a.example/<b>",
        'https://a.example/"onclick',
        "../../etc/passwd",
        "//a.example",
        "file:///etc/passwd",
    ],
)
def test_no_link_is_made_of_what_is_no_plain_address(given: str | None) -> None:
    assert address(given) is None


def test_links_lead_where_the_markdown_board_leads() -> None:
    assert address("https://a.example/x/y") == "https://a.example/x/y"
    assert code("https://github.com/a/b") == {"text": "a/b", "href": "https://github.com/a/b"}
    assert code("fmnist_bench/nets/cnn.py") == {
        "text": "fmnist_bench/nets/cnn.py",
        "href": "../fmnist%5Fbench/nets/cnn.py",
    }
    assert anchor("[x](y)", "javascript:alert(1)") == {"text": "[x](y)", "href": None}
