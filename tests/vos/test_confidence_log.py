import csv
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from vos.confidence_log import ConfidenceWriter, doubtful, told
from vos.confidence_plot import Trace
from vos.types import Frame, Segmentation

IMAGE = np.zeros((4, 6, 3), dtype=np.uint8)
LABELS = {3: "dog", 7: "7"}


def segmented(index: int, confidence: dict[int, float], *, lost: int = 0) -> tuple[Frame, Segmentation]:
    """A frame of a clip with 10 frames a second, in which each object has a row of pixels but for the lost one."""
    ids = np.zeros((4, 6), dtype=np.uint8)
    for row, identity in enumerate(confidence):
        ids[row] = 0 if identity == lost else identity
    frame = Frame(index=index, image=IMAGE, stem=str(index), pts=index, time_base=Fraction(1, 10))
    return frame, Segmentation(index=index, ids=ids, confidence=confidence)


def write(folder: Path, *frames: tuple[Frame, Segmentation]) -> ConfidenceWriter:
    writer = ConfidenceWriter(folder, LABELS)
    for frame, segmentation in frames:
        writer.write(frame, segmentation)
    writer.close()
    return writer


def test_a_line_an_object_and_frame(tmp_path: Path) -> None:
    write(tmp_path, segmented(5, {3: 0.93}), segmented(6, {7: 1.0, 3: 0.12345}), segmented(7, {3: 0.5, 7: 0.4}, lost=7))
    rows = list(csv.reader((tmp_path / "confidence.csv").open()))
    assert rows == [
        ["frame", "pts_seconds", "object", "name", "confidence", "area", "present"],
        ["5", "0.500000", "3", "dog", "0.9300", "6", "1"],
        ["5", "0.500000", "7", "7", "0.0000", "0", "0"],
        ["6", "0.600000", "3", "dog", "0.1235", "6", "1"],
        ["6", "0.600000", "7", "7", "1.0000", "6", "1"],
        ["7", "0.700000", "3", "dog", "0.5000", "6", "1"],
        ["7", "0.700000", "7", "7", "0.4000", "0", "0"],
    ]


def test_images_have_no_times(tmp_path: Path) -> None:
    frame = Frame(index=0, image=IMAGE, stem="a")
    write(tmp_path, (frame, segmented(0, {3: 1.0})[1]))
    assert (tmp_path / "confidence.csv").read_text().splitlines()[1] == "0,,3,dog,1.0000,6,1"


def test_the_plot_has_a_line_an_object(tmp_path: Path) -> None:
    write(tmp_path, *(segmented(index, {3: 0.9, 7: 0.1 * index}) for index in range(5)))
    plot = ElementTree.parse(tmp_path / "confidence.svg").getroot()
    lines = plot.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert [len(line.get("points", "").split()) for line in lines] == [5, 5]
    assert {"dog", "7", "0.97"} <= {text.text for text in plot.iter("{http://www.w3.org/2000/svg}text")}


def test_doubts_are_ranges_of_frames_by_name(tmp_path: Path) -> None:
    sure, unsure = {3: 0.99, 7: 0.99}, {3: 0.99, 7: 0.9}
    frames = [sure, unsure, unsure, sure, unsure]
    writer = write(tmp_path, *(segmented(10 + index, given) for index, given in enumerate(frames)))
    assert writer.doubts() == {"7": [(11, 12), (14, 14)]}


def test_a_lost_object_is_doubtful_however_sure_its_absence_is(tmp_path: Path) -> None:
    writer = write(tmp_path, segmented(0, {3: 1.0}), segmented(1, {3: 1.0}, lost=3))
    assert writer.doubts() == {"dog": [(1, 1)]}


def test_frames_before_an_objects_first_mask_are_neither_plotted_nor_doubtful(tmp_path: Path) -> None:
    writer = write(tmp_path, segmented(0, {}), segmented(1, {3: 1.0}), segmented(2, {3: 1.0, 7: 0.5}))
    assert writer.doubts() == {"7": [(2, 2)]}
    plot = ElementTree.parse(tmp_path / "confidence.svg").getroot()
    lines = plot.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert [len(line.get("points", "").split()) for line in lines] == [2, 1]


@pytest.mark.parametrize(
    ("confidence", "ranges"),
    [([], []), ([0.9], []), ([0.1], [(0, 0)]), ([0.1, 0.9, 0.2, 0.3], [(0, 0), (2, 3)])],
)
def test_runs_below_the_threshold(confidence: list[float], ranges: list[tuple[int, int]]) -> None:
    assert list(doubtful(Trace(list(range(len(confidence))), confidence), 0.5)) == ranges


def test_ranges_are_told_as_people_write_them() -> None:
    assert told([(12, 20), (31, 31)]) == "12-20, 31"


def test_many_ranges_are_not_all_told() -> None:
    ranges = [(index, index) for index in range(0, 24, 2)]
    assert told(ranges[:10]) == "0, 2, 4, 6, 8, 10, 12, 14, 16, 18"
    assert told(ranges) == "0, 2, 4, 6, 8, 10, 12, 14, 16, 18 and 2 more, see confidence.csv"


def test_nothing_is_kept_of_a_failed_run(tmp_path: Path) -> None:
    writer = ConfidenceWriter(tmp_path, LABELS)
    writer.write(*segmented(0, {3: 1.0}))
    writer.abort()
    assert list(tmp_path.iterdir()) == []
