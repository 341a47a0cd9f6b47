import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.canvas import new_figure, save, styled


def test_a_users_own_settings_take_no_part_and_stay(tmp_path: Path) -> None:
    def drawn(name: str) -> bytes:
        with styled():
            figure = new_figure(1.0)
            figure.subplots().plot([1, 2, 3])
        return save(figure, tmp_path / name).read_bytes()

    before = drawn("a.svg"), drawn("a.png")
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "axes.facecolor": "red"}):
        assert (drawn("b.svg"), drawn("b.png")) == before
        assert matplotlib.rcParams["font.size"] == 30


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.svg.gz"])
def test_other_formats_are_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"format '.*', expected \.png or \.svg$"):
        save(new_figure(1.0), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match="cannot be written"):
        save(new_figure(1.0), tmp_path / "file" / "a.png")


def test_matplotlib_and_torch_wait_until_something_is_drawn() -> None:
    code = (
        "import sys, fmnist_bench.cli, fmnist_bench.commands.show, fmnist_bench.jobs.worker\n"
        "print([name for name in ('matplotlib', 'torch', 'PIL.Image') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stderr
