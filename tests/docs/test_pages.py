"""Links between pages, and what they quote."""

import re
from pathlib import Path

import pytest

from fmnist_bench.cli import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?![a-z]+:)([^)#\s]*)(?:#[^)]*)?\)", page.read_text()):
        made = target.startswith("generated/")
        assert made or (page.parent / target).exists(), target


def test_every_page_is_in_the_table_of_contents() -> None:
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    entries = (ROOT / "docs" / "index.md").read_text().split("```{toctree}")[1:]
    listed = {line for entry in entries for line in entry.split("```")[0].splitlines()}
    assert pages <= listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    named = re.findall(r"(?:^\$ |^|`)fmnist-bench (\w[\w-]*)", page.read_text(), re.MULTILINE)
    assert set(named) <= set(COMMANDS)


def test_python_names_in_pages_exist() -> None:
    from importlib import import_module

    roles = [
        role for page in PAGES for role in re.findall(r"{py:(\w+)}`([\w.]+)`", page.read_text())
    ]
    assert roles
    for kind, name in roles:
        module, _, attribute = name.rpartition(".")
        assert import_module(name) if kind == "mod" else hasattr(import_module(module), attribute)


def test_each_room_has_a_page_and_a_layer() -> None:
    from generate import ROOMS

    packages = {path.parent.name for path in (ROOT / "fmnist_bench").glob("*/__init__.py")}
    assert packages - {"commands"} == set(ROOMS)
    architecture = (ROOT / "docs" / "architecture.md").read_text()
    assert all(f"| `{room}`" in architecture for room in packages)
