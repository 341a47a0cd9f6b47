"""Every command and example of the README runs, on small data; its links and board are true."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fmnist_bench.commands import leaderboard
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.run import run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS = [
    line
    for block in re.findall(r"^```\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if re.match(r"(\w+=\S+ )?fmnist-bench ", line)
]


def example(language: str, place: int = 0) -> str:
    """Return an example of the README in `language`."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[place]


@pytest.fixture
def folder(tmp_path: Path, make_spec: Callable[..., Spec], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the README's commands find what they name; a finished run is its RUN."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "results", tmp_path / "results")
    for name in (".git", "conf", "fmnist_bench"):
        (tmp_path / name).symlink_to(ROOT / name)
    np.save("answers.npy", np.zeros(10_000, dtype=np.int64))
    (tmp_path / "folder").mkdir()
    picture = np.tile(np.arange(0, 250, 5, dtype=np.uint8), (50, 1))
    for path in ("photo.jpg", "folder/one.png"):
        Image.fromarray(picture).save(path)
    files = {"mine/tiny.py": ("python", 1), "mine/conf/model/tiny.yaml": ("yaml", 0)}
    for path, (language, place) in files.items():
        text = example(language, place)
        assert text.startswith(f"# {path}")
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def finished(make_spec: Callable[..., Spec]) -> str:
    spec = make_spec("epochs=1")
    run(spec)
    return spec.name


def small(words: list[str], overrides: list[str]) -> list[str]:
    """Return the words of a command, made to take seconds."""
    drop = ["model=", "epochs=", *(["protocol"] if "experiment=" in str(words) else [])]
    few = [*(o for o in overrides if not o.startswith(tuple(drop))), "epochs=1"]
    if words[0] == "train":
        return [*words, *few, "limit_batches=1", "trainer.enable_progress_bar=false"]
    if words[0] == "tune":
        return [*words, "--trials", "1", *few, "limit_batches=1"]
    if words[0] == "export":  # the RUN of the tests saw data of its own
        return [*words, "--data", data_folder(overrides)]
    return words


def data_folder(overrides: list[str]) -> str:
    [folder] = [o.split("=")[1] for o in overrides if o.startswith("data.folder=")]
    return folder


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_runs(
    line: str, folder: Path, make_spec: Callable[..., Spec], small_overrides: list[str]
) -> None:
    words = shlex.split(line, comments=True)
    environment = dict(word.split("=", 1) for word in words[: words.index("fmnist-bench")])
    words = words[words.index("fmnist-bench") + 1 :]
    if "RUN" in words or words in (["leaderboard"], ["runs"]):
        name = finished(make_spec)
        words = [name if word == "RUN" else word for word in words]
    if "verify" in words:
        leaderboard.main(["--results", "results"])
    path = os.pathsep.join([*environment.values(), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "fmnist_bench", *small(words, small_overrides)],
        env={**os.environ, "PYTHONPATH": path, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


def test_the_example_in_python_runs(
    folder: Path, make_spec: Callable[..., Spec], capsys: pytest.CaptureFixture[str]
) -> None:
    exec(example("python").replace("RUN", finished(make_spec)), {})
    names = ast.literal_eval(_last_line(capsys))
    assert len(names) == 5
    assert set(names) <= set(DATASETS["fashion_mnist"].class_names)


def _last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[-1]


def test_there_is_a_command_for_what_one_wants() -> None:
    kinds = {re.sub(r"^\w+=\S+ ", "", line).split()[1] for line in COMMANDS}
    assert {
        "train",
        "leaderboard",
        "compare",
        "verify",
        "show",
        "predict",
        "export",
        "score",
    } <= kinds
    assert len(README.splitlines()) < 150


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
