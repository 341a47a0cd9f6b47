"""`fmnist-bench predict`, through the command line."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from fmnist_bench.cli import main
from fmnist_bench.data.facts import FASHION_MNIST, FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.inference import load_run
from fmnist_bench.inference.sheet import GAP, SIDE
from fmnist_bench.records.record import read_record

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def run(make_run: Callable[..., Path]) -> Path:
    return make_run("model=linear")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with a subject on a light ground and on a dark one, a text and a hidden file."""
    folder = tmp_path / "images"
    folder.mkdir()
    picture = np.full((60, 80, 3), 250, np.uint8)
    picture[10:50, 20:40] = (90, 20, 20)
    Image.fromarray(picture).save(folder / "b-light.png")
    Image.fromarray(255 - picture).save(folder / "a-dark.PNG")
    (folder / "notes.txt").write_text("not an image")
    (folder / ".hidden.png").write_text("not an image")
    (folder / "inner").mkdir()
    return folder


def as_json(capture: Capture, *arguments: object) -> tuple[int, list[dict[str, Any]], str]:
    status = main(["predict", "--json", *map(str, arguments)])
    out, err = capture.readouterr()
    return status, json.loads(out), err


def test_text_tells_the_top_three_and_what_was_done(
    run: Path, images: Path, capsys: Capture
) -> None:
    assert main(["predict", "--run", str(run), str(images)]) == 0
    out, err = capsys.readouterr()
    first, *lines = out.splitlines()
    assert first == f"{run.name}, in 32-bit floats"
    assert [line.split(":")[0] for line in lines[::2]] == [
        str(images / "a-dark.PNG"),
        str(images / "b-light.png"),
    ]
    assert [line.strip() for line in lines[1::2]] == [
        "80x60, colour to grey, not inverted (dark border), cropped to 20x40, fitted to 28x28",
        "80x60, colour to grey, inverted (its border is lighter), cropped to 20x40, "
        "fitted to 28x28",
    ]
    said = lines[0].split(": ")[1].split(", ")
    assert len(said) == 3
    assert all(each.endswith(" %") for each in said)
    assert err == "skipped: 1 other file(s)\n"


def test_json_gives_what_python_gives(run: Path, images: Path, capsys: Capture) -> None:
    status, answers, _ = as_json(capsys, "--run", run, images / "b-light.png")
    assert status == 0
    pixels = np.zeros((28, 28), np.uint8)
    pixels[:, 7:21] = 255  # 20x40 becomes 14x28
    expected = load_run(run).predict(torch.from_numpy(pixels)[None]).probabilities[0].tolist()
    [answer] = answers
    assert list(answer) == ["file", "error", "conversion", "top", "probabilities"]
    assert answer["error"] is None
    assert list(answer["probabilities"]) == list(FASHION_MNIST.class_names)
    assert list(answer["probabilities"].values()) == pytest.approx(expected, abs=1e-5)
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    best = np.argsort(expected)[::-1][:3]
    assert [each["class"] for each in answer["top"]] == [FASHION_MNIST.class_names[i] for i in best]
    assert [each["probability"] for each in answer["top"]] == pytest.approx(
        [expected[i] for i in best], abs=1e-5
    )


def test_images_of_the_dataset_pass_unchanged(
    run: Path, idx_folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    images = read_idx(idx_folder / FILE_NAMES["test_images"])
    images[:, :, 0] = 0  # the small set is noise up to the edge; the real one is dark there
    images[:, 0] = 0
    for number, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{number:03}.png")
    expected = load_run(run).predict(torch.from_numpy(images))
    for option in ([], ["--as-is"]):
        status, answers, _ = as_json(capsys, "--run", run, *option, tmp_path)
        assert status == 0
        assert tuple(answer["top"][0]["class"] for answer in answers) == expected.names
        found = [list(answer["probabilities"].values()) for answer in answers]
        np.testing.assert_allclose(found, expected.probabilities.numpy(), atol=1e-6)


def test_an_unreadable_file_does_not_stop_the_others(
    run: Path, images: Path, capsys: Capture
) -> None:
    (images / "a.png").write_bytes((images / "a-dark.PNG").read_bytes()[:60])
    absent = images / "absent.jpg"
    status, answers, err = as_json(capsys, "--run", run, absent, images)
    assert status == 1
    assert [Path(each["file"]).name for each in answers] == [
        "absent.jpg",
        "a-dark.PNG",
        "a.png",
        "b-light.png",
    ]
    assert [each["error"] is None for each in answers] == [False, True, False, True]
    assert [set(answer) for answer in answers] == [set(answers[1])] * 4
    assert answers[0]["top"] is answers[0]["probabilities"] is answers[0]["conversion"] is None
    lines = err.splitlines()
    assert lines[0] == "skipped: 1 other file(s)"
    assert [line.startswith(f"fmnist-bench: {images}/") for line in lines[1:]] == [True, True]


def test_nothing_readable_is_status_2(run: Path, tmp_path: Path, capsys: Capture) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    status, answers, err = as_json(capsys, "--run", run, empty)
    assert status == 2
    assert err == f"fmnist-bench: {empty}: no images here; expected .png, .jpg or the like\n"
    assert answers[0]["error"] in err
    assert main(["predict", "--run", str(run), str(empty / "no.png")]) == 2


@pytest.mark.parametrize(
    ("shape", "reason"),
    [((28, 29), "is 29x28; "), ((28, 28, 3), "is 28x28 and needs: colour to grey; ")],
)
def test_as_is_takes_only_what_needs_nothing(
    shape: tuple[int, ...], reason: str, run: Path, tmp_path: Path, capsys: Capture
) -> None:
    colours = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    Image.fromarray(colours).save(tmp_path / "other.png")
    assert main(["predict", "--run", str(run), "--as-is", str(tmp_path / "other.png")]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert f"other.png: {reason}--as-is takes 28x28 of 8-bit grey" in line


def test_as_is_does_not_invert(run: Path, tmp_path: Path, capsys: Capture) -> None:
    light = np.full((28, 28), 255, np.uint8)
    light[5:20, 8:18] = 30
    Image.fromarray(light).save(tmp_path / "light.png")
    expected = load_run(run).predict(torch.from_numpy(light)[None]).probabilities[0].tolist()
    _, [answer], _ = as_json(capsys, "--run", run, "--as-is", tmp_path / "light.png")
    assert list(answer["probabilities"].values()) == pytest.approx(expected, abs=1e-6)
    assert answer["conversion"] == ["as it is"]
    _, [converted], _ = as_json(capsys, "--run", run, tmp_path / "light.png")
    assert converted["probabilities"] != answer["probabilities"]


def test_show_puts_the_original_beside_what_the_net_sees(
    run: Path, images: Path, tmp_path: Path, capsys: Capture
) -> None:
    again = tmp_path / "again"
    again.mkdir()
    deep = np.full((10, 10), 60000, np.uint16)
    deep[2:8, 4:6] = 100
    Image.fromarray(deep).save(again / "b-light.png")
    shown = tmp_path / "shown"
    arguments = ["predict", "--run", str(run), "--show", str(shown), str(images), str(again)]
    assert main(arguments) == 0
    names = sorted(path.name for path in shown.iterdir())
    assert names == ["a-dark.PNG.png", "b-light.png-2.png", "b-light.png.png"]
    sheet = np.asarray(Image.open(shown / "b-light.png.png"))
    assert sheet.shape == (448, 2 * 448 + 16, 3)
    # Left: 80x60 enlarged to 448x336, the subject from 20 to 40 of 80.
    assert sheet[224, 30 * 448 // 80].tolist() == [90, 20, 20]
    assert sheet[224, 5].tolist() == [250, 250, 250]
    seen = sheet[8::16, SIDE + GAP + 8 :: 16, 0]
    assert seen.shape == (28, 28)
    assert (seen[:, 8:20] > 250).all() and not seen[:, :6].any()


def test_on_a_blank_image_nothing_is_seen(
    run: Path, images: Path, tmp_path: Path, capsys: Capture
) -> None:
    Image.new("RGB", (90, 70), (240, 240, 240)).save(images / "c-blank.png")
    Image.new("L", (28, 28)).save(images / "d-black.png")
    status, answers, _ = as_json(capsys, "--run", run, images)
    assert status == 0
    for answer in answers[2:]:
        assert (answer["error"], answer["top"], answer["probabilities"]) == (None, [], None)
    assert answers[2]["conversion"][-1] == "one shade all over, left black"
    assert all(len(answer["top"]) == 3 for answer in answers[:2])
    assert main(["predict", "--run", str(run), str(images)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[5] == f"{images / 'c-blank.png'}: nothing seen, the image is blank"


def test_a_run_on_other_data_takes_pictures_in_colour(
    make_run: Callable[..., Path], own_data: list[str], tmp_path: Path, capsys: Capture
) -> None:
    run = make_run(*own_data)
    capsys.readouterr()  # where the data came from
    colours = np.random.default_rng(0).integers(0, 256, (20, 12, 3), np.uint8)
    Image.fromarray(colours).save(tmp_path / "picture.png")
    _, [answer], _ = as_json(capsys, "--run", run, tmp_path / "picture.png")
    expected = load_run(run).predict(colours.transpose(2, 0, 1)[None]).probabilities[0].tolist()
    assert list(answer["probabilities"]) == ["red", "green", "blue"]
    assert list(answer["probabilities"].values()) == pytest.approx(expected, abs=1e-6)
    assert len(answer["top"]) == 3


def test_a_net_beside_the_user_is_found_if_trusted(
    make_run: Callable[..., Path],
    change_net: Callable[..., None],
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = "from fmnist_bench.nets.linear import SoftmaxRegression\nclass Mine(SoftmaxRegression): "
    (tmp_path / "net_beside.py").write_text(code + "pass")
    run = make_run("model=linear")
    change_net(run, {"_target_": "net_beside.Mine", "num_classes": 10})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each not in ("", str(tmp_path))])
    arguments = ["predict", "--run", str(run), str(images)]
    assert main(arguments) == 2
    assert main([*arguments, "--trust", "net_beside.Mine"]) == 0


def test_a_run_that_does_not_say_how_it_scales_takes_no_files(
    run: Path, images: Path, change_record: Callable[..., None], capsys: Capture
) -> None:
    data = read_record(run).data.model_copy(update={"pixel_scaling": None})
    change_record(run, data=data)
    assert main(["predict", "--run", str(run), str(images)]) == 2
    assert "does not say how its data module scales pixels; set" in capsys.readouterr().err


@pytest.mark.parametrize("precision", ["bf16-mixed"])
def test_the_precision_of_the_score_is_told(
    precision: str, make_run: Callable[..., Path], images: Path, capsys: Capture
) -> None:
    run = make_run("model=linear", f"precision={precision}")
    main(["predict", "--run", str(run), str(images)])
    assert "in 32-bit floats (it was scored in bf16-mixed)" in capsys.readouterr().out


def test_a_missing_run_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    assert main(["predict", "--run", str(tmp_path / "absent"), "a.png"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "absent" in line


def test_file_names_cannot_move_the_cursor(run: Path, tmp_path: Path, capsys: Capture) -> None:
    Image.new("L", (28, 28)).save(tmp_path / "a\x1b[2J\n.png")
    (tmp_path / "b\x1b[2J.png").write_text("")
    assert main(["predict", "--run", str(run), str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert len(out.splitlines()) == 3 and len(err.splitlines()) == 1


def test_help_needs_no_torch() -> None:
    code = (
        "import sys\nfrom fmnist_bench.cli import main\n"
        "for name in ('predict', 'export'):\n"
        "    try: main([name, '--help'])\n"
        "    except SystemExit: pass\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "--as-is" in done.stdout and "--format" in done.stdout
    assert done.stdout.endswith("False\n")
