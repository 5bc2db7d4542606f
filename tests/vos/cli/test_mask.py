from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.vos.cli.flat_film import call, images_and_mask, video_and_mask
from tests.vos.flat_clips import clip as flat_clip
from vos.cli.mask import parse_box, parse_polygon
from vos.io import object_ids, read_mask


def test_polygons_become_objects_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    clip, _ = video_and_mask(tmp_path)
    out = tmp_path / "drawn.png"
    polygons = ["--polygon", "2,2 11,2 11,7 2,7", "--polygon", "40,20 49,20 49,29 40,29"]
    assert call("mask", clip, "--frame", 3, *polygons, "--out", out) == 0
    expected = np.zeros((64, 96), np.uint8)
    expected[2:8, 2:12] = 1
    expected[20:30, 40:50] = 2
    np.testing.assert_array_equal(read_mask(out), expected)
    line = f"{out}: objects 1 (60 pixels), 2 (100 pixels); look at {tmp_path / 'drawn_preview.png'}\n"
    assert capsys.readouterr().out == line


def test_the_preview_shows_that_frame_with_the_objects(tmp_path: Path):
    clip, _ = images_and_mask(tmp_path)
    assert call("mask", clip, "--frame", 3, "--polygon", "60,40 80,40 80,60 60,60", "--out", tmp_path / "m.png") == 0
    with PIL.Image.open(tmp_path / "m_preview.png") as picture:
        shown = np.asarray(picture)
    frame, _ = flat_clip(4, [3, 5])[3]
    inside = np.zeros((64, 96), bool)
    inside[40:61, 60:81] = True
    np.testing.assert_array_equal(shown[~inside], frame.image[~inside])
    assert (shown[inside] != frame.image[inside]).any(axis=1).all()


def test_a_box_finds_the_object_in_it(tmp_path: Path):
    clip, mask = images_and_mask(tmp_path)
    truth = read_mask(mask) == 3
    ys, xs = np.nonzero(truth)
    box = f"{max(0, xs.min() - 4)},{max(0, ys.min() - 4)},{xs.max() + 5},{ys.max() + 5}"
    assert call("mask", clip / "s0.png", "--box", box, "--out", tmp_path / "drawn.png") == 0
    found = read_mask(tmp_path / "drawn.png")
    assert object_ids(found) == [1]
    assert ((found == 1) & truth).sum() / ((found == 1) | truth).sum() > 0.9


def test_boxes_come_before_polygons_and_later_objects_cover_earlier_ones(tmp_path: Path):
    clip, mask = images_and_mask(tmp_path)
    ys, xs = np.nonzero(read_mask(mask) == 5)
    box = f"{max(0, xs.min() - 4)},{max(0, ys.min() - 4)},{xs.max() + 5},{ys.max() + 5}"
    corner = f"{xs.min()},{ys.min()} {xs.min() + 3},{ys.min()} {xs.min()},{ys.min() + 3}"
    assert call("mask", clip, "--polygon", corner, "--box", box, "--out", tmp_path / "drawn.png") == 0
    found = read_mask(tmp_path / "drawn.png")
    assert (found[ys.min(), xs.min()], found[ys.max(), xs.max()]) == (2, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no object: give at least one --box"),
        (["--box", "1,2,3"], "--box 1,2,3: give x0,y0,x1,y1 in whole pixels"),
        (["--box", "1,2,300,4"], "box 1,2,300,4: must be x0,y0,x1,y1"),
        (["--polygon", "1;2 3;4"], "--polygon '1;2 3;4': give x,y pairs"),
        (["--polygon", "1,2 3,4"], "needs at least three points"),
        (["--polygon", "1,2 3,4 500,5"], "500,5 is outside the picture of 96x64 pixels"),
        (["--polygon", "1,1 9,1 9,9", "--polygon", "0,0 20,0 20,20 0,20"], "object 1 is hidden by later ones"),
        (["--polygon", "1,1 9,1 9,9", "--frame", "12"], "frames 12:13 are outside the clip, which has 12 frames"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
):
    clip, _ = images_and_mask(tmp_path)
    assert call("mask", clip, *arguments, "--out", tmp_path / "drawn.png") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "drawn.png").exists()


def test_only_pngs_are_written_and_never_over_the_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    clip, _ = images_and_mask(tmp_path)
    shape = ["--polygon", "1,1 9,1 9,9"]
    assert call("mask", clip, *shape, "--out", tmp_path / "drawn.jpg") == 2
    assert "give a name that ends in .png" in capsys.readouterr().err
    assert call("mask", clip / "s0.png", *shape, "--out", clip / "s0.png") == 2
    assert "would overwrite the picture itself" in capsys.readouterr().err


def test_coordinates_are_read():
    assert parse_box(" 1, 2,30 ,-4") == (1, 2, 30, -4)
    assert parse_polygon("1,2  3,4\n5,6") == [(1, 2), (3, 4), (5, 6)]
