import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vos.errors import WorkError
from vos.io.timestamps import TimestampsWriter
from vos.types import Frame, Segmentation

IMAGE = np.zeros((2, 2, 3), np.uint8)
SEGMENTATION = Segmentation(index=0, ids=np.zeros((2, 2), np.uint8))


def frame(index: int, pts: int | None) -> Frame:
    base = None if pts is None else Fraction(1001, 30000)
    return Frame(index=index, image=IMAGE, stem=f"{index:05d}", pts=pts, time_base=base)


def writer(path: Path) -> TimestampsWriter:
    return TimestampsWriter(path, lambda one: f"n{one.index}")


def test_a_line_a_frame_with_its_exact_time(tmp_path: Path):
    table = writer(tmp_path / "run/timestamps.csv")
    for index, pts in [(7, 0), (8, 3), (9, 30)]:
        table.write(frame(index, pts), SEGMENTATION)
    assert not (tmp_path / "run/timestamps.csv").exists()
    table.close()
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["timestamps.csv"]
    with (tmp_path / "run/timestamps.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {"frame": "7", "pts": "0", "time_base": "1001/30000", "seconds": "0.000000000", "name": "n7"}
    assert [float(row["seconds"]) for row in rows] == [0, 0.1001, 1.001]


@pytest.mark.parametrize("end", ["abort", "close"])
def test_without_times_there_is_no_table(tmp_path: Path, end: str):
    table = writer(tmp_path / "timestamps.csv")
    table.write(frame(0, None), SEGMENTATION)
    getattr(table, end)()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_run_leaves_none(tmp_path: Path):
    table = writer(tmp_path / "timestamps.csv")
    table.write(frame(0, 0), SEGMENTATION)
    table.abort()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(WorkError, match=r"cannot write .*timestamps\.csv"):
        writer(tmp_path / "file/timestamps.csv").write(frame(0, 0), SEGMENTATION)
