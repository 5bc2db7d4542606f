from pathlib import Path

import numpy as np
import pytest

from vos.crop import Crop
from vos.errors import WorkError
from vos.focus import Focus
from vos.memory.policies import Record
from vos.memory.snapshot import CohortMemory, Memory
from vos.resume import StoredPass
from vos.soft_masks import GivenMasks
from vos.types import Frame, Segmentation

IDS = np.array([[0, 3], [7, 0]], dtype=np.uint8)
THIRD = 1 / 3


def frame(index: int) -> Frame:
    return Frame(index=index, image=np.zeros((2, 2, 3), dtype=np.uint8), stem=str(index))


def segmentation(index: int) -> Segmentation:
    soft = GivenMasks(labels=IDS, ids=(3, 7))
    return Segmentation(index=index, ids=IDS, confidence={3: THIRD, 7: index / 7}, soft=soft)


def memory(*indices: int) -> Memory:
    crops = [Crop(top=index, left=1, height=2, width=3) for index in range(indices[-1] + 1)]
    records = (
        Record(
            index=index,
            pinned=index == 0,
            confidence={3: THIRD, 7: index / 7},
            areas={3: 0.1, 7: 0.2},
            crop=crops[index],
        )
        for index in indices
    )
    focus = Focus(size=(20, 10), seen={3: crops[0], 7: crops[-1]}, crop=crops[-1])
    return Memory(cohorts=(CohortMemory(passes=((3, 7),), records=tuple(records)),), focus=focus)


def write(folder: Path, kept: dict[int, tuple[int, ...]]) -> None:
    """Frames with what is remembered after each."""
    stored = StoredPass(folder, everything=False)
    for index, indices in kept.items():
        stored.keep(segmentation(index), memory(*indices))
        stored.write(frame(index), segmentation(index))
    stored.close()


def test_a_new_folder_knows_nothing(tmp_path: Path) -> None:
    stored = StoredPass(tmp_path / "forward", everything=False)
    assert (dict(stored.finished), stored.memory) == ({}, Memory())


def test_what_is_written_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    write(tmp_path, {0: (0,), 1: (0, 1), 2: (0, 2)})
    found = StoredPass(tmp_path, everything=False)
    assert list(found.finished) == [0, 1, 2]
    assert found.finished[2].confidence == {3: THIRD, 7: 2 / 7}
    assert found.memory == memory(0, 2)
    assert [found.spool.holds(index) for index in range(3)] == [True, False, True]


@pytest.mark.parametrize("torn", ['{"index": 3', '{"index": 3, "confidence": {}, "memory": []}', "\xff"])
def test_a_torn_last_line_is_a_frame_that_is_not_done(tmp_path: Path, torn: str) -> None:
    """A line is whole with its end: the middle one holds all of its text."""
    write(tmp_path, {0: (0,), 1: (0, 1)})
    journal = tmp_path / "journal.jsonl"
    with journal.open("a", encoding="latin-1") as file:
        file.write(torn)
    write(tmp_path, {2: (0, 2)})
    assert list(StoredPass(tmp_path, everything=False).finished) == [0, 1, 2]


def test_a_frame_that_was_segmented_but_not_written_is_not_done(tmp_path: Path) -> None:
    write(tmp_path, {0: (0,), 1: (0, 1)})
    ahead = StoredPass(tmp_path, everything=False)
    ahead.keep(segmentation(2), memory(0, 2))
    ahead.keep(segmentation(3), memory(0, 3))
    found = StoredPass(tmp_path, everything=False)
    assert list(found.finished) == [0, 1]
    assert found.memory == memory(0, 1)
    assert all(found.spool.holds(index) for index in (0, 1)), "what the last written frame remembers is still there"


def test_frames_of_an_earlier_run_are_not_written_down_twice(tmp_path: Path) -> None:
    write(tmp_path, {0: (0,)})
    before = (tmp_path / "journal.jsonl").read_text()
    stored = StoredPass(tmp_path, everything=False)
    replayed = Segmentation(index=0, ids=IDS, stored=True)
    stored.write(frame(0), replayed)
    stored.close()
    assert (tmp_path / "journal.jsonl").read_text() == before


@pytest.mark.parametrize("line", ['{"index": 0}', '{"index": 0, "confidence": {"a": 1}, "memory": []}'])
def test_a_journal_of_something_else_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "journal.jsonl").write_text(line + "\n")
    with pytest.raises(WorkError, match=r"journal\.jsonl: is damaged .*--overwrite starts again"):
        StoredPass(tmp_path, everything=False)
