from pathlib import Path

import numpy as np
import pytest
import torch

from vos.crop import Crop
from vos.errors import InputError, WorkError
from vos.resume import Spool
from vos.soft_masks import GivenMasks, PaintedMasks
from vos.types import Segmentation

IDS = np.array([[0, 3, 3], [7, 0, 3]], dtype=np.uint8)


def test_a_painted_frame_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    passes = [torch.softmax(torch.randn(slots, 4, 6, generator=generator), dim=0) for slots in (3, 2)]
    soft = PaintedMasks(passes=passes, ids=[(3, 7), (9,)], size=(8, 12), crop=Crop(top=1, left=2, height=6, width=9))
    spool = Spool(tmp_path / "spool")
    spool.keep(Segmentation(index=4, ids=soft.label_map(), confidence={3: 1 / 3, 7: 0.1, 9: 0.0}, soft=soft))
    found = spool.read(4)
    assert isinstance(found.soft, PaintedMasks)
    np.testing.assert_array_equal(found.ids, soft.label_map())
    assert found.confidence == {3: 1 / 3, 7: 0.1, 9: 0.0}
    assert (found.soft.ids, found.soft.size, found.soft.crop) == ([(3, 7), (9,)], (8, 12), soft.crop)
    for one, other in zip(found.soft.passes, passes, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_a_given_frame_comes_back_hard(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    given = GivenMasks(labels=IDS, ids=(3, 7))
    spool.keep(Segmentation(index=4, ids=IDS, confidence={3: 1.0}, soft=given))
    found = spool.read(4)
    assert isinstance(found.soft, GivenMasks)
    np.testing.assert_array_equal(found.ids, IDS)
    assert list(found.soft.ids) == [3, 7]


def test_a_frame_that_is_dropped_is_gone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.keep(Segmentation(index=4, ids=IDS, soft=GivenMasks(labels=IDS, ids=(3, 7))))
    assert spool.holds(4)
    spool.drop(4)
    spool.drop(4)
    assert not spool.holds(4)
    with pytest.raises(WorkError, match=r"4\.npz: is missing or damaged"):
        spool.read(4)


def test_a_damaged_file_is_told_of(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.keep(Segmentation(index=4, ids=IDS, soft=GivenMasks(labels=IDS, ids=(3, 7))))
    whole = (tmp_path / "4.npz").read_bytes()
    (tmp_path / "4.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WorkError, match=r"4\.npz: is missing or damaged"):
        spool.read(4)


def test_soft_masks_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="frame 4: its soft masks are NoneType"):
        Spool(tmp_path / "spool").keep(Segmentation(index=4, ids=IDS))
