"""Each kind of `fmnist-bench show`: its output opened, its refusals one line."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fmnist_bench import cli
from fmnist_bench.board.collect import collect
from fmnist_bench.board.hard_images import hard_images
from fmnist_bench.board.rows import group
from fmnist_bench.commands.show import main
from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures import display, hard

Texts = Callable[[Path], list[str]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, where files without a given place would land."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    for name, accuracy in (("cnn", 0.92), ("mlp", 0.88)):
        synthetic.write_row(
            tmp_path / "runs", synthetic.row(name), {"fashion_mnist": synthetic.net(accuracy)}
        )
    synthetic.write_run(
        tmp_path / "runs",
        synthetic.record(synthetic.row("trial"), recipe_changes={"protocol": {"test": "never"}}),
    )
    synthetic.write_run(tmp_path / "runs", synthetic.failed(synthetic.row("bad"), history=[]))
    return tmp_path


def page_of(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L"))


def contains(page: np.ndarray, image: np.ndarray, zoom: int) -> bool:
    """Whether `image` stands on `page` at `zoom`, anywhere."""
    height, width = (size - zoom * 28 + 1 for size in page.shape)
    fits = np.ones((height, width), bool)
    for row, column in np.ndindex(28, 28):
        if not fits.any():
            break
        fits &= page[row * zoom :, column * zoom :][:height, :width] == image[row, column]
    return bool(fits.any())


def test_data_shows_the_images_of_the_classes_asked_for(
    small_overrides: list[str], idx_folder: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*small_overrides, "augment=none", "--rows", "2", "--columns", "3"]
    assert main(["data", *given, "--classes", "Bag"]) == 0
    assert capsys.readouterr().out == "data.png\n"
    page = page_of(here / "data.png")
    images = read_idx(idx_folder / FILE_NAMES["train_images"])
    labels = read_idx(idx_folder / FILE_NAMES["train_labels"])
    shown = [
        int(label) for image, label in zip(images, labels, strict=True) if contains(page, image, 8)
    ]
    assert shown == [8] * 6
    main(["data", *given, "--epoch", "1", "--out", "other.png"])
    assert page_of(here / "other.png").shape[1] == page.shape[1]
    assert (here / "other.png").read_bytes() != (here / "data.png").read_bytes()


def test_data_shows_originals_beside_augmented_ones(
    small_overrides: list[str], idx_folder: Path, here: Path
) -> None:
    given = [*small_overrides, "--rows", "1", "--columns", "2"]
    main(["data", *given, "augment=none", "--out", "plain.png"])
    main(["data", *given, "augment=rotate_zoom_shift", "--out", "pairs.png"])
    images = read_idx(idx_folder / FILE_NAMES["train_images"])
    plain, pairs = page_of(here / "plain.png"), page_of(here / "pairs.png")
    before = [place for place, image in enumerate(images) if contains(plain, image, 8)]
    after = [place for place, image in enumerate(images) if contains(pairs, image, 8)]
    assert len(before) == 2 and after == before
    assert pairs.shape[1] >= plain.shape[1]


def test_model_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "model=keras_cnn"]) == 0
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert last == ["total", "887,530", "32,340,992"]


def test_run_draws_the_four_files(
    results: Path, here: Path, texts: Texts, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "cnn-fashion_mnist-s3", "--results", str(results), "--out", "drawn"]) == 0
    files = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert files == [
        Path("drawn") / f"{name}.{suffix}"
        for name in ("curves", "confusion")
        for suffix in ("png", "svg")
    ]
    (run,) = (run for run in collect(results).runs if "cnn-fashion_mnist-s3" in run.path)
    title = f"cnn, seed 3, Fashion-MNIST: test {100 * run.hits.mean():.2f} %"
    for name in ("curves", "confusion"):
        said = texts(here / "drawn" / f"{name}.svg")
        assert any(text.startswith(title) for text in said)
        with Image.open(here / "drawn" / f"{name}.png") as picture:
            assert picture.width == 1660


def test_run_without_predictions_draws_curves_and_says_so(
    results: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BenchError, match=r"made no predictions \(its protocol never reads"):
        main(["run", "trial", "--results", str(results), "--out", "drawn"])
    assert sorted(path.name for path in (here / "drawn").iterdir()) == ["curves.png", "curves.svg"]
    with pytest.raises(BenchError, match="no epochs in its record"):
        main(["run", "bad", "--results", str(results)])
    assert not (here / "outputs").exists()


def test_compare_takes_rows_and_runs(results: Path, here: Path, texts: Texts) -> None:
    given = ["--results", str(results), "--out", "both.svg"]
    assert main(["compare", "cnn", "mlp-fashion_mnist-s1", *given]) == 0
    said = " ".join(texts(here / "both.svg"))
    assert re.search(r"cnn: 5 seeds, test 9[12]\.\d\d % \(validation curves\)", said)
    assert re.search(r"mlp: seed 1, test 8\d\.\d\d % \(validation curves\)", said)


def test_board_names_the_rows(results: Path, here: Path, texts: Texts) -> None:
    assert main(["board", "--results", str(results), "--out", "b.svg"]) == 0
    assert {"cnn", "mlp"} <= set(texts(here / "b.svg"))
    assert main(["board", "--results", str(results)]) == 0
    with Image.open(here / "board.png") as picture:
        assert picture.width == 1660


def test_hard_shows_the_hardest_images(
    results: Path, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (10_000, 28, 28), dtype=np.uint8)
    folder = tmp_path / "data"
    folder.mkdir()
    header = np.array([0x803, 10_000, 28, 28], ">i4").tobytes()
    (folder / FILE_NAMES["test_images"]).write_bytes(header + images.tobytes())
    asked: list[Any] = []

    def obtain(name: str, **options: Any) -> Path:
        asked.append((name, options["folder"], options["verify"]))
        return folder

    monkeypatch.setattr(hard, "obtain", obtain)
    assert main(["hard", "--results", str(results), "--count", "7", "--columns", "4"]) == 0
    assert asked == [("fashion_mnist", None, True)]
    page = page_of(here / "hard.png")
    rows = group([run for run in collect(results).runs if run.correct is not None])
    hardest = [image.index for image in hard_images(rows, "fashion_mnist", 20).images]
    assert [index for index in hardest if contains(page, images[index], 8)] == hardest[:7]


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["drawing"], "show drawing: unknown; expected one of data, model, run, compare"),
        (["run", "none-such", "--results", "R"], "run 'none-such': not found in R/"),
        (["compare", "cnn", "--results", "R", "--out", "a.pdf"], "a.pdf: format '.pdf', expected"),
        (["compare", "cnn", "--results", "R", "--dataset", "mnist"], "row 'cnn': no run on mnist"),
        (["board", "--results", "R", "--out", "noending"], "noending: format '(none)', expected"),
        (["board", "--results", "missing"], "missing: no such folder"),
        (["hard", "--results", "R", "--out", "a.svg"], "a.svg: format '.svg', expected .png"),
        (["hard", "--results", "R", "--columns", "11"], "--columns: 11, expected 1 to 10"),
        (["hard", "--results", "R", "--count", "0"], "--count: 0, expected 1 or more"),
        (["data", "--classes", "Bags"], "--classes: 'Bags', expected 0 to 9 or of T-shirt/top"),
        (["data", "--rows", "0"], "--rows: 0, expected 1 to 50"),
        (["data", "--epoch", "-1"], "--epoch: -1, expected 0 or more"),
        (["data", "augment=blur"], "augment=blur: no such file"),
        (["model", "model=none"], "model=none: no such file"),
    ],
)
def test_bad_input_is_one_line(
    argv: list[str], line: str, results: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(results) if each == "R" else each for each in argv]
    assert cli.main(["show", *given]) == 2
    said = capsys.readouterr()
    (told,) = said.err.splitlines()
    assert told.startswith("fmnist-bench: ") and line.replace("R/", f"{results}/") in told
    assert not said.out and not list(here.iterdir())


def test_help_lists_the_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    for kind in ("data", "model", "run", "compare", "hard", "board"):
        assert f"\n  {kind} " in said


def test_a_picture_opens_only_before_a_display(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[list[str]] = []
    monkeypatch.setattr(display.subprocess, "Popen", lambda command, **_: opened.append(command))
    monkeypatch.setattr(display.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(display.sys, "platform", "linux")
    monkeypatch.setattr(display.sys.stdout, "isatty", lambda: True)
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    picture = Path("board.png")
    assert not display.display(picture)
    monkeypatch.setenv("DISPLAY", ":0")
    main(["board", "--results", str(results), "--no-show"])
    assert opened == []
    main(["board", "--results", str(results)])
    assert opened == [["/bin/xdg-open", "board.png"]]
    monkeypatch.setattr(display.sys.stdout, "isatty", lambda: False)
    assert not display.display(picture) and len(opened) == 1
