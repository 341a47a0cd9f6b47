"""What docs/extending.md shows does what it says, in a folder outside the package."""

import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from fmnist_bench.jobs.plan import plan
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.run import run
from fmnist_bench.training.trial import try_out

PAGE = (Path(__file__).parent.parent / "docs" / "extending.md").read_text()
FILES = re.findall(r"^```\w+\n# (mine/\S+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^(?:PYTHONPATH=mine )?fmnist-bench train (.*)$", PAGE, flags=re.MULTILINE)
ELSEWHERE = ("hydra/launcher", "trainer.num_nodes")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def mine(tmp_path: Path, idx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Write the page's files, change to their folder; return overrides for a small run there."""
    for name, content in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        if path.suffix == ".py":
            monkeypatch.delitem(sys.modules, path.stem, raising=False)
    shutil.copytree(idx_folder, tmp_path / "kmnist")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "mine"))
    return ["speed.threads=1", "limit_batches=2", f"paths.outputs={tmp_path / 'outputs'}"]


def configs_of(command: str, *small: str) -> list[dict[str, Any]]:
    here = [] if "trainer=" in command else ["trainer=cpu"]
    own = [] if "data=" in command else ["data=idx", "data.name=own", "data.folder=kmnist"]
    few = [] if "data=blobs" in command else ["protocol.validation=100"]
    planned = plan([*shlex.split(command), *here, *own, *few, *small])
    assert planned is not None
    return planned.configs


def test_every_example_can_be_built(mine: list[str], tmp_path: Path) -> None:
    assert len(FILES) == 9 and len(COMMANDS) == 15
    configs = [config for command in COMMANDS for config in configs_of(command, *mine)]
    assert len(configs) == len(COMMANDS) + 1  # one is a sweep over two seeds
    try_out([each for each in configs if each["trainer"]["num_nodes"] == 1], tmp_path)


@pytest.mark.parametrize("part", ["by_hand", "data=blobs", "halving", "counter"])
def test_examples_train(part: str, mine: list[str]) -> None:
    (command,) = (each for each in COMMANDS if part in each)
    (config,) = configs_of(command, *mine, "epochs=2")
    record = run(Spec(config, None))
    assert record is not None and record.status == "done" and record.test is not None
    assert len(record.history or []) == 2
    assert record.code is not None and record.code.source is not None
    if part == "counter":
        assert record.history is not None and record.history[0].metrics["steps"] == 2
    if part == "data=blobs":
        assert record.data.class_names[46] == "blob 46"
