"""What the README tells people to type exists."""

import re
import shlex
from pathlib import Path

import pytest

from fmnist_bench.cli import COMMANDS
from fmnist_bench.config.compose import Composer

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMAND_LINES = [
    shlex.split(line, comments=True)[1:]
    for line in re.findall(r"^`?(fmnist-bench .*?)`?$", README, flags=re.MULTILINE)
]


def test_every_command_exists() -> None:
    assert len(COMMAND_LINES) > 15
    assert {words[0] for words in COMMAND_LINES} <= set(COMMANDS)


def test_every_training_composes() -> None:
    trainings = [words[1:] for words in COMMAND_LINES if words[0] == "train" and "..." not in words]
    assert len(trainings) >= 4
    with Composer.ready() as composer:
        for words in trainings:
            overrides = [
                word.split(",")[0]
                for word in words
                if word != "-m" and not word.startswith("hydra")
            ]
            assert composer.config(
                [*overrides, "trainer=cpu"] if "trainer" not in str(words) else overrides
            )


@pytest.mark.parametrize("path", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_link_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_boards_top_is_the_boards() -> None:
    board = (ROOT / "results" / "leaderboard.md").read_text()
    top = _tables(README)[0]
    assert len(top) >= 5
    named = re.sub(r"\[(.*?)\]\(rows/.*?\)", r"\1", board)
    whole = [{column: row[column] for column in top[0]} for row in _tables(named)[0]]
    assert top == whole[: len(top)]


def _tables(markdown: str) -> list[list[dict[str, str]]]:
    """Return the tables of `markdown`, each as rows of cells by column."""
    tables = []
    for block in re.findall(r"(?:^\|.*\|\n)+", markdown, flags=re.MULTILINE):
        lines = [
            [cell.strip() for cell in line.strip("|").split(" | ")] for line in block.splitlines()
        ]
        tables.append([dict(zip(lines[0], line, strict=True)) for line in lines[2:]])
    return tables
