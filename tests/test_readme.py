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
