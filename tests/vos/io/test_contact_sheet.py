from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.vos.made_files import numbered
from vos.errors import InputError
from vos.io import ContactSheetWriter, contact_sheet, evenly_spaced
from vos.types import Frame, Segmentation


def test_tiles_stand_row_by_row():
    sheet = contact_sheet(numbered(5, 120, 90), [f"frame {n}" for n in range(5)], columns=3, tile_width=120)
    assert sheet.shape == (8 + 2 * (90 + 8), 8 + 3 * (120 + 8), 3)
    centres = [sheet[8 + 60 + row * 98, 8 + 60 + column * 128, 0] for row in (0, 1) for column in (0, 1, 2)]
    assert centres == [20, 40, 60, 80, 100, 24]


def test_pictures_are_scaled_to_the_tile():
    assert contact_sheet(numbered(1, 64, 48), ["a"], tile_width=320).shape == (240 + 16, 320 + 16, 3)


def test_pictures_need_captions():
    with pytest.raises(InputError, match="a caption for each picture, not 1 for 2"):
        contact_sheet(numbered(2), ["a"])


@pytest.mark.parametrize(
    ("frames", "count", "expected"),
    [(range(10, 20), 4, [10, 13, 16, 19]), (range(3), 12, [0, 1, 2]), (range(5, 6), 4, [5])],
)
def test_evenly_spaced(frames: range, count: int, expected: list[int]):
    assert evenly_spaced(frames, count) == expected


def test_the_sink_shows_the_chosen_frames(tmp_path: Path):
    writer = ContactSheetWriter(tmp_path / "sheet.png", [1, 3], columns=2, tile_width=64)
    for index, image in enumerate(numbered(5)):
        ids = np.zeros((48, 64), np.uint8)
        writer.write(Frame(index=index, image=image, stem=f"{index:05d}"), Segmentation(index=index, ids=ids))
    writer.close()
    with PIL.Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (8 + 2 * 72, 8 + 56)
        assert [sheet.getpixel((8 + 60 + 72 * column, 8 + 44))[0] for column in (0, 1)] == [40, 80]
