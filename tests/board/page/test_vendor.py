"""What is copied from elsewhere is unchanged, documented, and fit to stand inside a page."""

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import pytest

from fmnist_bench.board.page.html import LIBRARY, SCRIPTS

PAGE = Path(str(files("fmnist_bench.board.page")))


def test_the_library_is_the_one_that_the_readme_names() -> None:
    readme = (PAGE / "vendor" / "README.md").read_text()
    (line,) = [line for line in readme.splitlines() if line.startswith(f"| {LIBRARY}")]
    _, file, package, version, released, licence, digest, _ = map(str.strip, line.split("|"))
    content = (PAGE / "vendor" / LIBRARY).read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest
    assert content.startswith(f"/*!\n * Chart.js v{version}\n".encode())
    assert (package, licence.split(",")[0]) == ("chart.js", "MIT")
    assert "Permission is hereby granted" in (PAGE / "vendor" / "chart.LICENSE.md").read_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", released) and LIBRARY in file
    assert {path.name for path in (PAGE / "vendor").iterdir()} == {
        LIBRARY,
        "chart.LICENSE.md",
        "README.md",
    }


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_parses_text_as_html_or_code(name: str) -> None:
    script = (PAGE / "assets" / name).read_text()
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert forbidden not in script
    assert "new Function" not in script and "import(" not in script
    assert script.startswith('"use strict";\n')


def test_every_asset_is_used_and_none_can_end_its_element() -> None:
    assets = {path.name for path in (PAGE / "assets").iterdir()}
    assert assets == {*SCRIPTS, "page.css", "page.html"}
    for path in (*(PAGE / "assets").glob("*.js"), PAGE / "vendor" / LIBRARY):
        assert not re.search(r"</script|<!--", path.read_text(), re.IGNORECASE), path.name
    assert "</style" not in (PAGE / "assets" / "page.css").read_text()
