import os
import subprocess
import sys
from pathlib import Path

import pytest

from fmnist_bench.cli import COMMANDS, main


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    out = run(
        "import sys; from fmnist_bench.cli import main; main(['--help'])\n"
        "print({'torch', 'hydra', 'numpy', 'pydantic'} & set(sys.modules))"
    )
    assert out.endswith("set()\n")
    assert all(f"  {command} " in out for command in COMMANDS)


def test_every_command_exists() -> None:
    package = Path(__file__).parents[1] / "fmnist_bench" / "commands"
    assert {path.stem.replace("_", "-") for path in package.glob("[a-z]*.py")} == set(COMMANDS)


def test_composing_a_config_does_not_import_torch() -> None:
    out = run(
        "import sys; from fmnist_bench.cli import main\n"
        "main(['train', '--cfg', 'job', 'trainer=cpu'])\n"
        "print('torch' in sys.modules)"
    )
    assert "batch_size: 128" in out
    assert out.endswith("False\n")


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trian"]) == 2
    assert "'trian'" in capsys.readouterr().err


def test_completion_knows_groups_and_choices() -> None:
    line = "fmnist-bench train model="
    answer = subprocess.run(
        [sys.executable, "-m", "fmnist_bench", "-sc", "query=bash"],
        env={**os.environ, "COMP_LINE": line, "COMP_POINT": str(len(line))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert {"model=cnn", "model=vgg"} <= set(answer.stdout.split()), answer.stderr
