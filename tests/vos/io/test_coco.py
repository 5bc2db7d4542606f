import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from vos.errors import WorkError
from vos.io import CocoWriter
from vos.io.coco_rle import Area, encode_rle
from vos.types import Frame, Segmentation


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_run_lengths_are_those_of_pycocotools(area: Area):
    theirs = coco_mask.encode(np.asfortranarray(area.astype(np.uint8)))
    assert encode_rle(area) == {"size": list(theirs["size"]), "counts": theirs["counts"].decode()}


def segmentation(index: int, *boxes: tuple[int, int, int, int, int]) -> tuple[Frame, Segmentation]:
    ids = np.zeros((20, 30), np.uint8)
    for identity, x, y, width, height in boxes:
        ids[y : y + height, x : x + width] = identity
    image = np.zeros((20, 30, 3), np.uint8)
    return Frame(index=index, image=image, stem=f"{index:05d}"), Segmentation(index=index, ids=ids)


def test_a_clip_as_a_coco_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "rle/clip.json"
    writer = CocoWriter(path, {3: "cat", 9: "9"}, lambda frame: f"{frame.stem}.png")
    shown = [segmentation(4, (3, 2, 5, 7, 4), (7, 20, 0, 3, 3)), segmentation(5, (9, 0, 0, 30, 20)), segmentation(6)]
    for frame, found in shown:
        writer.write(frame, found)
    assert not path.exists()
    writer.close()
    coco = COCO(str(path))
    assert [(one["id"], one["file_name"]) for one in coco.dataset["images"]] == [
        (4, "00004.png"), (5, "00005.png"), (6, "00006.png")
    ]  # fmt: skip
    assert coco.dataset["categories"] == [{"id": 3, "name": "cat"}, {"id": 9, "name": "9"}]
    (cat,), (nine,), none = (coco.loadAnns(coco.getAnnIds(imgIds=index)) for index in (4, 5, 6))
    assert (cat["category_id"], cat["area"], cat["bbox"]) == (3, 28, [2, 5, 7, 4])
    assert nine["bbox"] == [0, 0, 30, 20]
    assert none == []
    np.testing.assert_array_equal(coco.annToMask(cat), shown[0][1].ids == 3)


@pytest.mark.parametrize("frames", [0, 1])
def test_an_unfinished_file_is_dropped_and_an_empty_one_not_made(tmp_path: Path, frames: int):
    writer = CocoWriter(tmp_path / "a.json", {1: "1"}, lambda frame: frame.stem)
    for index in range(frames):
        writer.write(*segmentation(index))
    writer.abort() if frames else writer.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_objects_is_json(tmp_path: Path):
    writer = CocoWriter(tmp_path / "a.json", {1: "1"}, lambda frame: frame.stem)
    writer.write(*segmentation(0))
    writer.close()
    assert json.loads((tmp_path / "a.json").read_text())["annotations"] == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(WorkError, match=r"cannot write .*a\.json"):
        CocoWriter(tmp_path / "file/a.json", {1: "1"}, lambda frame: frame.stem).write(*segmentation(0))
