from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from tests.tolerances import CODED_COLOUR
from tests.vos.made_files import corners, number_of, numbered, quadrants, write_images
from vos.errors import InputError, WorkError
from vos.io import open_clip


def test_numbers_in_names_count_as_numbers(tmp_path: Path):
    names = ["f1.png", "f2.png", "f10.png", "f9.png", "g1.png"]
    clip = open_clip(write_images(tmp_path, names, numbered(5)))
    assert [frame.stem for frame in clip] == ["f1", "f2", "f9", "f10", "g1"] == list(clip.stems())
    assert [number_of(frame.image) for frame in clip] == [0, 1, 3, 2, 4]
    assert [frame.index for frame in clip] == [0, 1, 2, 3, 4]
    assert {(frame.pts, frame.time_base) for frame in clip} == {(None, None)}


@pytest.mark.parametrize(
    ("ending", "tolerance"), [("png", 0), ("webp", 0), ("jpg", CODED_COLOUR), ("JPEG", CODED_COLOUR)]
)
def test_formats(tmp_path: Path, ending: str, tolerance: int):
    image = numbered(1, 33, 31)[0]
    (frame,) = open_clip(write_images(tmp_path, [f"a.{ending}"], [image]))
    np.testing.assert_allclose(frame.image.astype(int), image, atol=tolerance)


def test_facts(tmp_path: Path):
    info = open_clip(write_images(tmp_path, ["a.png", "b.png"], numbered(2, 33, 31))).info
    assert (info.kind, info.width, info.height, info.frame_count) == ("images", 33, 31, 2)
    assert (info.rate, info.rotation, info.codec) == (None, 0, "png")


def test_numbers_that_names_leave_out_are_told(tmp_path: Path):
    folder = write_images(tmp_path, [f"f{n}.png" for n in (8, 9, 10, 13, 14, 16)], numbered(6))
    clip = open_clip(folder)
    assert clip.info.missing == ("11-12", "15")
    assert [(frame.index, frame.stem) for frame in clip][2:4] == [(2, "f10"), (3, "f13")]
    assert open_clip(folder, (0, 3)).info.missing == ()


def test_other_files_and_hidden_ones_are_passed_over(tmp_path: Path):
    folder = write_images(tmp_path, ["a.png"], numbered(1))
    for name in ("notes.txt", ".DS_Store", "._a.png"):
        (folder / name).write_text("no image")
    assert open_clip(folder).info.frame_count == 1


def test_a_range_keeps_positions_and_stems(tmp_path: Path):
    clip = open_clip(write_images(tmp_path, [f"{n:05d}.png" for n in range(34, 40)], numbered(6)), frames=(2, 4))
    assert [(frame.index, frame.stem) for frame in clip] == [(2, "00036"), (3, "00037")]


def test_one_image_is_a_clip_of_one_frame(tmp_path: Path):
    folder = write_images(tmp_path, ["a.png", "b.png"], numbered(2))
    clip = open_clip(folder / "b.png")
    assert [(frame.index, frame.stem, number_of(frame.image)) for frame in clip] == [(0, "b", 1)]


def test_photographs_are_turned_upright(tmp_path: Path):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # stored lying on its left side
    PIL.Image.fromarray(quadrants()).save(tmp_path / "a.jpg", exif=exif, quality=95)
    clip = open_clip(tmp_path)
    (frame,) = clip
    assert corners(frame.image) == "BRWG"
    assert (clip.info.width, clip.info.height) == (48, 64)


def test_sixteen_bits_are_brought_to_eight(tmp_path: Path):
    PIL.Image.fromarray(np.full((4, 6), 0x8080, np.uint16)).save(tmp_path / "a.png")
    (frame,) = open_clip(tmp_path)
    np.testing.assert_array_equal(frame.image, np.full((4, 6, 3), 0x80))


def test_sixteen_bits_of_colour(tmp_path: Path):
    image = np.full((4, 6, 3), (0x1234, 0x8080, 0xFFFF), np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), image[..., ::-1])
    (frame,) = open_clip(tmp_path)
    np.testing.assert_array_equal(frame.image, np.broadcast_to((0x12, 0x80, 0xFF), (4, 6, 3)))


class TestRefused:
    def test_no_images(self, tmp_path: Path):
        (tmp_path / "notes.txt").touch()
        with pytest.raises(InputError, match=f"{tmp_path}: the folder holds no images"):
            open_clip(tmp_path)

    def test_two_sizes(self, tmp_path: Path):
        folder = write_images(tmp_path, ["a.png", "b.png"], [*numbered(1, 64, 48), *numbered(1, 32, 48)])
        with pytest.raises(InputError, match=r"b\.png: is 32x48 pixels, but a\.png is 64x48"):
            open_clip(folder)

    def test_one_stem_twice(self, tmp_path: Path):
        folder = write_images(tmp_path, ["a.png", "a.jpg"], numbered(2))
        with pytest.raises(InputError, match=r"would share the mask a\.png"):
            open_clip(folder)

    def test_a_file_that_is_no_image(self, tmp_path: Path):
        folder = write_images(tmp_path, ["a.png"], numbered(1))
        (folder / "b.png").write_text("no image")
        with pytest.raises(InputError, match=r"b\.png: cannot be read as an image; .* and a video must not be called"):
            open_clip(folder)

    def test_a_range_outside(self, tmp_path: Path):
        folder = write_images(tmp_path, ["a.png", "b.png"], numbered(2))
        with pytest.raises(InputError, match="frames 1:3 are outside the clip, which has 2 frames"):
            open_clip(folder, (1, 3))


def test_a_cut_off_file_is_told_of_when_it_is_reached(tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), dtype=np.uint8)
    folder = write_images(tmp_path, ["a.png", "b.png"], list(noise))
    (folder / "b.png").write_bytes((folder / "b.png").read_bytes()[:4000])
    frames = iter(open_clip(folder))
    assert next(frames).stem == "a"
    with pytest.raises(WorkError, match=r"b\.png: cannot be decoded"):
        next(frames)
