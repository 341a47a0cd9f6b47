import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import fmnist_bench
from fmnist_bench.board.markdown import published_table, render
from fmnist_bench.board.standings import read_board
from fmnist_bench.cli import main as cli
from fmnist_bench.commands.leaderboard import main


@pytest.fixture(scope="module")
def synthetic() -> SimpleNamespace:
    builder = Path(__file__).parents[1] / "board" / "synthetic.py"
    return SimpleNamespace(**runpy.run_path(str(builder)))


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    for name, accuracy in (("cnn", 0.92), ("mlp", 0.88)):
        synthetic.write_row(
            tmp_path / "runs", synthetic.row(name), {"fashion_mnist": synthetic.net(accuracy)}
        )
    return tmp_path


def test_the_board_is_written_and_shown(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--results", str(results)]) == 0
    path = results / "leaderboard.md"
    assert path.read_text() == render(read_board(results))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [["rank", "row"], ["1", "cnn"], ["2", "mlp"]]
    files = ("leaderboard.md", "claims.md", "changes.jsonl")
    assert lines[-3:] == [str(results / name) for name in files]
    assert (results / "rows" / "cnn.md").read_text().startswith("# cnn\n")


def test_check_passes_on_a_fresh_board_and_writes_nothing(results: Path) -> None:
    main(["--results", str(results)])
    before = (results / "leaderboard.md").stat().st_mtime_ns
    assert main(["--results", str(results), "--check"]) == 0
    assert (results / "leaderboard.md").stat().st_mtime_ns == before


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_check_tells_drift_in_one_line(
    results: Path, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    main(["--results", str(results)])
    capsys.readouterr()
    board = results / "leaderboard.md"
    if change == "edit":
        board.write_text(board.read_text() + " ")
    else:
        board.unlink()
    assert main(["--results", str(results), "--check"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith(f"{board}: not what its records give")


def test_check_sees_a_new_run_and_a_row_that_is_gone(
    synthetic: SimpleNamespace, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--results", str(results)])
    synthetic.write_run(results / "runs", synthetic.failed(synthetic.row("cnn"), seed=9))
    (results / "rows" / "old.md").write_text("# old\n")
    capsys.readouterr()
    assert main(["--results", str(results), "--check"]) == 1
    said = [line.removeprefix(f"{results}/") for line in capsys.readouterr().err.splitlines()]
    told = [line.split(":")[0] for line in said]
    assert told == ["leaderboard.md", "claims.md", "rows/cnn.md", "rows/old.md"]
    assert said[-1] == "rows/old.md: of no row on this board; delete it"


def test_published_prints_that_table_alone(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--results", str(results), "--published"]) == 0
    said = capsys.readouterr().out
    assert said == published_table(read_board(results))
    assert said.startswith("| Classifier | Preprocessing | Fashion test accuracy | MNIST test")
    assert not (results / "leaderboard.md").exists()


def test_a_broken_record_is_a_warning_with_its_file(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = next((results / "runs").glob("cnn-*-s3-*")) / "record.json"
    broken.write_bytes(broken.read_bytes()[:100])
    assert main(["--results", str(results)]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"warning: {broken}: not readable as JSON")
    assert "- 1 unreadable record left out: runs/cnn" in (results / "leaderboard.md").read_text()


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_data_is_written_when_asked_for_and_then_kept(
    results: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = results / f"leaderboard.{kind}"
    assert main(["--results", str(results)]) == 0 and not path.exists()
    where = ["--results", str(results), f"--{kind}"]
    assert main(where) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(path)
    assert main([*where, "--check"]) == 0
    path.write_bytes(path.read_bytes() + b" ")
    assert main(["--results", str(results), "--check"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path}: not what its records give") and line.endswith(f"--{kind}")


def test_a_missing_folder_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(["leaderboard", "--results", str(tmp_path / "none")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"fmnist-bench: {tmp_path / 'none'}: no such folder")


@pytest.mark.parametrize(
    "command",
    [
        ["leaderboard"],
        ["leaderboard", "--check"],
        ["leaderboard", "--csv", "--json"],
        ["verify"],
        ["compare", "cnn", "mlp"],
        ["schema"],
        ["schema", "leaderboard"],
        ["publish", "cnn"],
    ],
)
def test_no_command_of_the_board_imports_torch(results: Path, command: list[str]) -> None:
    """In a process of its own, because the tests around this one do import it."""
    main(["--results", str(results)])
    where = {
        "schema": [],
        "publish": ["--outputs", str(results), "--results", str(results / "to")],
    }.get(command[0], ["--results", str(results)])
    code = (
        "import sys; from fmnist_bench.cli import main; status = main(sys.argv[1:]);"
        "heavy = {'torch', 'pytorch_lightning', 'lightning', 'timm'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    package = str(Path(fmnist_bench.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code, *command, *where],
        env=os.environ | {"PYTHONPATH": package},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout or command[-1] == "--check"
