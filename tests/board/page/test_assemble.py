"""`fmnist-bench leaderboard --html`, from run folders to the file."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import fmnist_bench
from fmnist_bench.board.page.assemble import reviews
from fmnist_bench.cli import main as cli
from fmnist_bench.commands.leaderboard import main


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FMNIST_BENCH_CACHE", str(tmp_path / "cache"))
    for name, accuracy in (("cnn", 0.92), ("mlp", 0.88)):
        nets = {"fashion_mnist": synthetic.net(accuracy)}
        synthetic.write_row(tmp_path / "results" / "runs", synthetic.row(name), nets)
    return tmp_path / "results"


def data_of(path: Path) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text())
    assert found
    return dict(json.loads(found[1]))


def test_the_page_is_written_beside_the_markdown_board(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--results", str(results)])
    markdown = (results / "leaderboard.md").read_bytes()
    assert not (results / "leaderboard.html").exists()
    capsys.readouterr()
    assert main(["--results", str(results), "--html"]) == 0
    said = capsys.readouterr()
    files = [str(results / f"leaderboard.{kind}") for kind in ("md", "html")]
    assert [line for line in said.out.splitlines() if line in files] == files
    assert said.err.splitlines() == [
        f"warning: {results.parent}/cache/fashion_mnist/t10k-images-idx3-ubyte: no Fashion-MNIST "
        "images here, so the page shows none; run fmnist-bench data first"
    ]
    assert (results / "leaderboard.md").read_bytes() == markdown
    data = data_of(results / "leaderboard.html")
    assert [row["title"] for row in data["rows"]] == ["cnn", "mlp"]
    assert data["datasets"]["fashion_mnist"]["pictures"] is None
    (results / "leaderboard.md").unlink()
    assert [line.split()[1] for line in said.out.splitlines()[1:3]] == ["cnn", "mlp"]


def test_the_same_records_give_the_same_bytes_in_any_place(results: Path, tmp_path: Path) -> None:
    main(["--results", str(results), "--html"])
    shutil.copytree(results / "runs", tmp_path / "elsewhere" / "runs")
    main(["--results", str(tmp_path / "elsewhere"), "--html"])
    pages = [
        (folder / "leaderboard.html").read_bytes() for folder in (results, tmp_path / "elsewhere")
    ]
    assert pages[0] == pages[1]
    assert str(tmp_path).encode() not in pages[0]


def test_check_looks_at_the_page_when_asked_to(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--results", str(results), "--html"])
    path = results / "leaderboard.html"
    check = ["--results", str(results), "--check"]
    assert main([*check, "--html"]) == 0
    path.write_bytes(path.read_bytes() + b" ")
    before = path.read_bytes()
    capsys.readouterr()
    assert main(check) == 0
    assert main([*check, "--html"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and path.read_bytes() == before
    assert said.err.splitlines()[-1] == (
        f"{path}: not what its records give; "
        f"run fmnist-bench leaderboard --results {results} --html"
    )


def test_a_folder_that_cannot_be_written_is_one_line(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (results / "leaderboard.html").mkdir()
    assert cli(["leaderboard", "--results", str(results), "--html"]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"fmnist-bench: {results}/leaderboard.html: cannot be written")


def test_reviews_are_read_for_rows_whose_name_is_a_file_name(tmp_path: Path) -> None:
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "vgg.md").write_bytes(b"Looked at.\xff\n")
    (tmp_path / "secret.md").write_text("no")
    found = reviews(tmp_path, ["vgg", "cnn", "../secret", ""])
    assert found == {"vgg": "Looked at.\N{REPLACEMENT CHARACTER}\n"}


def test_the_page_needs_no_torch(results: Path) -> None:
    """In a process of its own, because the tests around this one may import it."""
    code = (
        "import sys; from fmnist_bench.cli import main; status = main(sys.argv[1:]);"
        "heavy = {'torch', 'pytorch_lightning', 'lightning', 'hydra', 'timm'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else status)"
    )
    package = str(Path(fmnist_bench.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code, "leaderboard", "--html", "--results", str(results)],
        env=os.environ | {"PYTHONPATH": package},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (results / "leaderboard.html").is_file()
