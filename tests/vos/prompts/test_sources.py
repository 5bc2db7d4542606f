import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from vos.errors import InputError
from vos.io import write_mask
from vos.io.coco_rle import encode_rle
from vos.prompts import FramePrompt, read_prompt
from vos.types import Image, LabelMap

SIZE = (40, 60)
SQUARE = np.zeros(SIZE, dtype=np.bool_)
SQUARE[10:30, 20:40] = True
CORNER = np.zeros(SIZE, dtype=np.bool_)
CORNER[:12, :25] = True


def picture() -> Image:
    """A bright square on a dark, textured ground."""
    ground = np.random.default_rng(0).integers(0, 40, (*SIZE, 3)).astype(np.uint8)
    ground[SQUARE] += 200
    return ground


def no_picture() -> Image:
    raise AssertionError("asked for without need")


def read(
    path: Path, picture: Callable[[], Image] = no_picture, *, stem: str = "00000", resize: bool = False
) -> FramePrompt:
    return read_prompt(path, size=SIZE, clip=Path("clip.mp4"), stem=stem, picture=picture, resize=resize)


def objects(path: Path, *listed: object) -> Path:
    path.write_text(json.dumps({"objects": listed}))
    return path


def test_ids_and_void_stay_as_they_are(tmp_path: Path) -> None:
    ids = np.where(SQUARE, 7, 0).astype(np.uint8)
    ids[0] = 255
    PIL.Image.fromarray(ids, mode="L").save(tmp_path / "mask.png")
    found = read(tmp_path / "mask.png")
    np.testing.assert_array_equal(found.ids, ids)
    assert found.names == {}


def test_a_cut_out_is_object_1_where_it_is_opaque(tmp_path: Path) -> None:
    rgba = np.dstack([picture(), np.where(SQUARE, 255, 0).astype(np.uint8)])
    rgba[10, 20:30, 3] = 127
    rgba[10, 30:40, 3] = 128
    PIL.Image.fromarray(rgba).save(tmp_path / "cut.png")
    expected = SQUARE.copy()
    expected[10, 20:30] = False
    np.testing.assert_array_equal(read(tmp_path / "cut.png").ids, expected)


def test_a_folder_has_an_image_an_object_in_natural_order_and_names_them(tmp_path: Path) -> None:
    for name, area in (("cat 10.png", CORNER), ("cat 2.png", SQUARE)):
        PIL.Image.fromarray(area.astype(np.uint8) * 255, mode="L").save(tmp_path / name)
    found = read(tmp_path)
    assert found.names == {1: "cat 2", 2: "cat 10"}
    np.testing.assert_array_equal(found.ids == 2, CORNER)
    np.testing.assert_array_equal(found.ids == 1, SQUARE & ~CORNER)


def test_json_takes_outlines_and_run_lengths(tmp_path: Path) -> None:
    file = objects(
        tmp_path / "a.json",
        {"id": 9, "name": "square", "polygon": [[20, 10], [39, 10], [39, 29], [20, 29]]},
        {"rle": encode_rle(CORNER), "name": "corner"},
        {"segmentation": [[50, 30, 55, 30, 55, 35, 50, 35], [2.4, 36, 5.6, 36, 6, 39, 2, 39]]},
    )
    found = read(file)
    assert found.names == {9: "square", 1: "corner"}
    np.testing.assert_array_equal(found.ids == 1, CORNER)
    np.testing.assert_array_equal(found.ids == 9, SQUARE & ~CORNER)
    assert (found.ids[32, 52], found.ids[38, 4], int((found.ids == 2).sum())) == (2, 2, 36 + 20)


@pytest.mark.parametrize("box", [{"box": [15, 5, 45, 35]}, {"bbox": [15, 5, 30, 30]}])
def test_a_box_is_cut_out_of_the_picture(tmp_path: Path, box: dict[str, list[int]]) -> None:
    (tmp_path / "b.json").write_text(json.dumps([box]))
    np.testing.assert_array_equal(read(tmp_path / "b.json", picture).ids, SQUARE)


def test_another_size_is_refused_or_resized_without_mixing_ids(tmp_path: Path) -> None:
    ids: LabelMap = np.where(SQUARE, 7, np.where(CORNER, 3, 0)).astype(np.uint8)
    write_mask(tmp_path / "mask.png", np.repeat(np.repeat(ids, 2, 0), 2, 1))
    with pytest.raises(InputError, match=r"the mask is 120x80 pixels, but clip.mp4 is 60x40"):
        read(tmp_path / "mask.png")
    np.testing.assert_array_equal(read(tmp_path / "mask.png", resize=True).ids, ids)


def test_an_object_that_vanishes_in_resizing_is_told(tmp_path: Path) -> None:
    ids = np.zeros((400, 600), dtype=np.uint8)
    ids[3, 3], ids[100:, 100:] = 4, 1
    write_mask(tmp_path / "mask.png", ids)
    with pytest.raises(InputError, match="object 4 vanishes when resized to 60x40"):
        read(tmp_path / "mask.png", resize=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "holds no objects"),
        ('["a"]', "object 1 of 1: is str; it must have one of box, polygon"),
        ('[{"id": 3}]', "has none of box, polygon, rle, bbox, segmentation"),
        ('[{"id": "3", "box": [0, 0, 9, 9]}]', "its id is '3'; it must be a whole number"),
        ('[{"name": "../up", "polygon": [[0, 0], [9, 0], [9, 9]]}]', "its name: '../up' cannot name an object"),
        ('[{"id": 255, "polygon": [[0, 0], [9, 0], [9, 9]]}]', "object id 255: ids are 1..254"),
        ('[{"polygon": [[0, 0], [9, 0]]}]', "needs at least three points"),
        ('[{"polygon": [[0, 0], [9, 0], [99, 9]]}]', "99,9 is outside the picture of 60x40"),
        ('[{"polygon": [[0, 0], [9, "x"], [9, 9]]}]', "must be 2 numbers"),
        ('[{"segmentation": [[0, 0, 9]]}]', "3 numbers make no pairs"),
        ('[{"rle": {"size": [2, 2], "counts": [4]}}]', "is of 2x2 pixels, but the clip is 60x40"),
        ('[{"rle": {"size": [40, 60], "counts": [2400]}}]', "object 1 has no pixel"),
        (
            '[{"id": 1, "polygon": [[0, 0], [9, 0], [9, 9]]}, {"id": 1, "polygon": [[0, 0], [9, 0], [9, 9]]}]',
            "object id 1 is given twice",
        ),
        (
            '[{"name": "a", "polygon": [[0, 0], [9, 0], [9, 9]]}, {"polygon": [[0, 0], [9, 0], [9, 9]]}]',
            "object a is hidden by later ones",
        ),
    ],
)
def test_json_that_does_not_fit_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(InputError, match=message) as refused:
        read(tmp_path / "a.json")
    assert str(refused.value).startswith(str(tmp_path / "a.json"))


def test_a_folder_takes_no_label_maps(tmp_path: Path) -> None:
    write_mask(tmp_path / "a.png", np.where(SQUARE, 7, 0).astype(np.uint8))
    with pytest.raises(InputError, match="holds ids; in a folder of masks each image is one object"):
        read(tmp_path)


def test_a_coco_file_gives_the_objects_of_the_frame(tmp_path: Path) -> None:
    coco = {
        "images": [{"id": 7, "file_name": "a/00000.png"}, {"id": 8, "file_name": "00001.png"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 3, "segmentation": encode_rle(SQUARE)},
            {"id": 2, "image_id": 8, "category_id": 3, "segmentation": encode_rle(CORNER)},
        ],
        "categories": [{"id": 3, "name": "dog"}],
    }
    (tmp_path / "a.json").write_text(json.dumps(coco))
    found = read(tmp_path / "a.json", stem="00001")
    np.testing.assert_array_equal(found.ids, CORNER * 3)
    assert found.names == {3: "dog"}
    with pytest.raises(InputError, match=r"a\.json: holds 2 images, and none of them is called 00002"):
        read(tmp_path / "a.json", stem="00002")
