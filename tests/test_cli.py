import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fmnist_bench.cli import COMMANDS, main
from fmnist_bench.config.groups import GROUPS
from fmnist_bench.paths import conf_dir


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


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("fmnist-bench lead", {"leaderboard "}),
        ("fmnist-bench runs --gro", {"--group "}),
        ("fmnist-bench show comp", {"compare "}),
        ("fmnist-bench train --dry", {"--dry-run "}),
        ("fmnist-bench train model=v", {"vgg "}),
        ("fmnist-bench compare a b --dataset m", {"mnist "}),
    ],
)
def test_the_shell_completes_commands_flags_choices_and_overrides(
    line: str, told: set[str], tmp_path: Path
) -> None:
    answer = tmp_path / "answer"
    subprocess.run(
        [sys.executable, "-m", "fmnist_bench"],
        env={
            **os.environ,
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_SHELL": "bash",
            "_ARGCOMPLETE_COMP_WORDBREAKS": " =",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        },
        timeout=60,
        check=False,
    )
    assert set(answer.read_text().split("\n")) == told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_code(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "fmnist-bench" in capsys.readouterr().out


def test_help_of_train_says_what_each_group_is_and_shows_no_internals(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["train", "--help"]) == 0
    out = capsys.readouterr().out
    groups = {path.name for path in conf_dir().iterdir() if path.is_dir()}
    assert groups - {"bench", "search", "hydra"} == {*GROUPS} - {"hydra/launcher"}
    assert all(f"  {group}: {text}" in out for group, text in GROUPS.items())
    assert "resnet18" in out and "_base" not in out and "schema" not in out
    assert all(flag in out for flag in ("--dry-run", "--force", "from=RUN"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_does_what_ctrl_c_does(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def end(argv: list[str]) -> int:
        signal.raise_signal(number)
        return 0

    monkeypatch.setattr("fmnist_bench.commands.schema.main", end)
    before = signal.signal(number, signal.SIG_DFL)  # nohup lets its children ignore SIGHUP
    try:
        assert main(["schema"]) == 130
        assert signal.getsignal(number) is signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN)
        assert main(["schema"]) == 0
    finally:
        signal.signal(number, before)
    assert "stopped; the same command continues" in capsys.readouterr().err
