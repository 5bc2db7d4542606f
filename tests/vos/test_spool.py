from pathlib import Path

import numpy as np
import pytest
import torch

from vos.errors import InputError
from vos.soft_masks import GivenMasks, PaintedMasks
from vos.spool import Spool
from vos.types import Frame, Segmentation

IDS = np.array([[0, 3, 3], [7, 0, 3]], dtype=np.uint8)
FRAME = Frame(index=4, image=np.zeros((2, 3, 3), dtype=np.uint8), stem="4")


def test_a_painted_frame_comes_back_with_its_soft_masks(tmp_path: Path) -> None:
    passes = [torch.softmax(torch.randn(3, 2, 3, generator=torch.Generator().manual_seed(0)), dim=0)]
    soft = PaintedMasks(passes=passes, ids=[(3, 7)], size=(2, 3))
    spool = Spool(tmp_path / "spool")
    spool.write(FRAME, Segmentation(index=4, ids=IDS, confidence={3: 0.75, 7: 0.1}, soft=soft))
    found = spool.read(4)
    np.testing.assert_array_equal(found.ids, IDS)
    assert found.confidence == {3: 0.75, 7: 0.1}
    assert found.soft is not None
    for (identity, plane), (expected_identity, expected) in zip(found.soft.planes(), soft.planes(), strict=True):
        assert identity == expected_identity
        np.testing.assert_allclose(plane, expected, rtol=0, atol=1e-3)  # half precision


def test_a_given_frame_comes_back_hard(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    given = Segmentation(index=4, ids=IDS, confidence={3: 1.0}, soft=GivenMasks(labels=IDS, ids=(3, 7)))
    spool.write(FRAME, given)
    found = spool.read(4).soft
    assert isinstance(found, GivenMasks)
    planes = dict(found.planes())
    np.testing.assert_array_equal(planes[7], IDS == 7)
    assert list(planes) == [3, 7]


def test_soft_masks_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="frame 4: its soft masks are NoneType"):
        Spool(tmp_path / "spool").write(FRAME, Segmentation(index=4, ids=IDS))
