"""Expected grey values come from the numbers that the files were made of."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fmnist_bench.errors import BenchError
from fmnist_bench.inference.picture import SUFFIXES, read_picture

RAMP = np.arange(6 * 8, dtype=np.uint8).reshape(6, 8) * 5


def test_grey_stays_as_it_is_in_every_lossless_format(tmp_path: Path) -> None:
    for suffix in (".png", ".bmp", ".tiff", ".pgm", ".gif"):
        path = tmp_path / f"ramp{suffix}"
        Image.fromarray(RAMP).save(path)
        picture = read_picture(path)
        np.testing.assert_array_equal(picture.pixels, RAMP)
        assert picture.pixels.dtype == np.uint8
        assert picture.steps == ()


def test_grey_saved_as_colour_or_palette_gives_its_pixels_back(tmp_path: Path) -> None:
    for mode in ("RGB", "RGBA", "P", "LA"):
        path = tmp_path / f"{mode}.png"
        Image.fromarray(RAMP).convert(mode).save(path)
        picture = read_picture(path)
        np.testing.assert_array_equal(picture.pixels, RAMP)
        assert picture.steps == ()


@pytest.mark.parametrize("mode", ["RGB", "CMYK", "P"])
def test_colour_becomes_its_luma(mode: str, tmp_path: Path) -> None:
    red = Image.new("RGB", (4, 3), (255, 0, 0)).convert(mode)
    red.save(tmp_path / "red.tiff")
    picture = read_picture(tmp_path / "red.tiff")
    assert picture.pixels.shape == (3, 4)
    # 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601)
    np.testing.assert_allclose(picture.pixels, 0.299 * 255, atol=1)
    assert picture.steps == ("colour to grey",)


def test_a_net_that_sees_colours_gets_them(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (4, 3, 3), np.uint8)
    Image.fromarray(colours).save(tmp_path / "colours.png")
    picture = read_picture(tmp_path / "colours.png", 3)
    np.testing.assert_array_equal(picture.pixels, colours)
    assert picture.steps == ()
    Image.fromarray(RAMP).save(tmp_path / "ramp.png")
    copied = read_picture(tmp_path / "ramp.png", 3)
    np.testing.assert_array_equal(copied.pixels, np.stack([RAMP] * 3, axis=-1))
    assert copied.steps == ("grey to colour",)


def test_16_bits_are_scaled_not_cut(tmp_path: Path) -> None:
    values = RAMP.astype(np.uint16) * 257
    Image.fromarray(values).save(tmp_path / "deep.png")
    picture = read_picture(tmp_path / "deep.png")
    np.testing.assert_array_equal(picture.pixels, RAMP)
    assert picture.steps == ("16 to 8 bits",)


def test_floats_are_stretched(tmp_path: Path) -> None:
    Image.fromarray(np.array([[-2.0, 0.5, 3.0]], np.float32)).save(tmp_path / "float.tiff")
    picture = read_picture(tmp_path / "float.tiff")
    assert picture.pixels.tolist() == [[0, 128, 255]]
    assert picture.steps == ("stretched from -2..3 to 0..255",)


def test_floats_must_be_finite(tmp_path: Path) -> None:
    Image.fromarray(np.array([[np.nan, 1]], np.float32)).save(tmp_path / "nan.tiff")
    with pytest.raises(BenchError, match=r"nan\.tiff: damaged image \(pixels that are not finite"):
        read_picture(tmp_path / "nan.tiff")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_turned_upright(orientation: int, tmp_path: Path) -> None:
    # How to undo each value of the EXIF tag, by its definition.
    stored = {
        1: RAMP,
        2: RAMP[:, ::-1],
        3: RAMP[::-1, ::-1],
        4: RAMP[::-1],
        5: RAMP.T,
        6: np.rot90(RAMP, 1),
        7: RAMP[::-1, ::-1].T,
        8: np.rot90(RAMP, -1),
    }[orientation]
    image = Image.fromarray(np.ascontiguousarray(stored))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "turned.png", exif=exif)
    picture = read_picture(tmp_path / "turned.png")
    np.testing.assert_array_equal(picture.pixels, RAMP)
    assert picture.steps == (() if orientation == 1 else ("turned upright",))


@pytest.mark.parametrize(("shade", "behind", "name"), [(40, 255, "white"), (220, 0, "black")])
def test_transparency_goes_behind_the_subject(
    shade: int, behind: int, name: str, tmp_path: Path
) -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[..., :3] = 128  # the colour of what is transparent must not count
    pixels[1:3, 1:3] = [shade, shade, shade, 255]
    pixels[0, 0] = [shade, shade, shade, 51]  # a fifth
    Image.fromarray(pixels, "RGBA").save(tmp_path / "cut-out.png")
    picture = read_picture(tmp_path / "cut-out.png")
    assert picture.steps[-1] == f"transparency on {name}"
    assert (picture.pixels[1:3, 1:3] == shade).all()
    assert (picture.pixels[3] == behind).all()
    assert picture.pixels[0, 0] == pytest.approx(0.2 * shade + 0.8 * behind, abs=1)


def test_transparent_palette(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 10, 10, 90, 90, 90])
    image.putdata([0, 1])
    image.save(tmp_path / "palette.gif", transparency=0)
    assert read_picture(tmp_path / "palette.gif").pixels.tolist() == [[255, 90]]


def test_the_first_frame_counts(tmp_path: Path) -> None:
    frames = [Image.fromarray(RAMP), Image.fromarray(255 - RAMP)]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:])
    picture = read_picture(tmp_path / "film.gif")
    np.testing.assert_array_equal(picture.pixels, RAMP)
    assert picture.steps == ("first of 2 frames",)


def test_the_smallest_image(tmp_path: Path) -> None:
    Image.new("1", (1, 1), 1).save(tmp_path / "dot.png")
    assert read_picture(tmp_path / "dot.png").pixels.tolist() == [[255]]


def test_a_cut_file_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)
    for suffix in (".png", ".jpg", ".gif", ".webp", ".bmp", ".tiff"):
        Image.fromarray(noise).save(tmp_path / f"whole{suffix}")
        whole = (tmp_path / f"whole{suffix}").read_bytes()
        cut = tmp_path / f"cut{suffix}"
        for size in (0, 5, 30, len(whole) // 2):
            cut.write_bytes(whole[:size])
            with pytest.raises(BenchError) as caught:
                read_picture(cut)
            assert str(cut) in str(caught.value)
            assert "\n" not in str(caught.value)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    for side in (10_000, 60_000):  # Pillow warns of the first and refuses the second
        header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        chunk = b"IHDR" + header
        content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
        content += struct.pack(">I", zlib.crc32(chunk))
        idat = b"IDAT" + zlib.compress(b"")
        content += struct.pack(">I", len(idat) - 4) + idat + struct.pack(">I", zlib.crc32(idat))
        (tmp_path / "bomb.png").write_bytes(content)
        with pytest.raises(BenchError, match=r"bomb\.png: more than 89 million pixels"):
            read_picture(tmp_path / "bomb.png")


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(BenchError, match=r"text\.png: no image that can be read; expected avif"):
        read_picture(tmp_path / "text.png")
    with pytest.raises(BenchError, match=r"absent\.png: cannot be read \(No such file"):
        read_picture(tmp_path / "absent.png")


def test_no_format_that_starts_a_program_is_read(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "page.eps")
    with pytest.raises(BenchError, match="no image that can be read"):
        read_picture(tmp_path / "page.eps")


def test_suffixes_are_those_pillow_gives_to_the_formats() -> None:
    Image.init()
    for suffix in SUFFIXES - {".avif"}:  # which older versions of Pillow do not have
        assert suffix in Image.EXTENSION
