"""Every doctored copy of the official results is named; the results themselves are not."""

import runpy
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from fmnist_bench.board.audit import check
from fmnist_bench.board.collect import collect
from fmnist_bench.board.history import History
from fmnist_bench.board.standings import build_board

_DOCTORED = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("doctored.py"))))


@pytest.fixture(scope="session")
def git_dir() -> Path:
    if History.of(_DOCTORED.ROOT) is None:
        pytest.skip("no whole history of git here")
    command = ["git", "-C", str(_DOCTORED.ROOT), "rev-parse", "--absolute-git-dir"]
    return Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


@pytest.fixture(scope="session")
def doctored(git_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = _DOCTORED.all_of_it(tmp_path_factory.mktemp("doctored"), git_dir)
    return folder


@pytest.fixture(scope="session")
def named(doctored: Path) -> list[str]:
    return [str(problem) for problem in check(doctored, collect(doctored)).problems]


def test_the_results_as_they_are_pass(git_dir: Path, tmp_path: Path) -> None:
    results = _DOCTORED.copy_of_results(tmp_path, git_dir)
    audit = check(results, collect(results))
    assert audit.problems == [] and audit.unchecked == []
    assert audit.runs == len(list(results.glob("runs/*/*/record.json")))


@pytest.mark.parametrize("kind", _DOCTORED.DOCTORED)
def test_a_doctored_copy_is_named(kind: str, named: list[str]) -> None:
    _, path, words = _DOCTORED.DOCTORED[kind]
    own = [line for line in named if line.startswith(path)]
    assert any(words in line for line in own), own


def test_what_is_implausible_has_no_rank(doctored: Path) -> None:
    standings = build_board(collect(doctored)).standings
    rows = {each.row.label.name: each for each in standings}
    for name in ("noise", "better"):
        assert rows[name].tier == rows[name].row.status == "unverified"
    places = [each.row.label.name for each in standings]
    ranked = [each.row.label.name for each in standings if each.row.status == "ranked"]
    assert min(places.index("noise"), places.index("better")) > places.index(ranked[-1])


def test_a_ledger_that_lost_a_line_is_named(git_dir: Path, tmp_path: Path) -> None:
    results = _DOCTORED.copy_of_results(tmp_path, git_dir)
    path = results / "ledger.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5] + lines[6:]))
    found = [str(problem) for problem in check(results, collect(results)).problems]
    assert any("a committed line was changed or removed" in line for line in found)


def test_without_history_what_it_would_tell_is_said_to_be_unchecked(tmp_path: Path) -> None:
    results = _DOCTORED.copy_of_results(tmp_path)
    audit = check(results, collect(results))
    assert audit.problems == []
    assert audit.unchecked == ["commits, planned seeds and the ledger's growth: no whole git"]
