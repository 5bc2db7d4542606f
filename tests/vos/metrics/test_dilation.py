from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vos.metrics import plain
from tests.vos.metrics.strategies import small_shapes
from vos.metrics.dilation import Row, dilate, disk

RADII = st.one_of(st.integers(0, 30), st.floats(0, 30), st.floats(0, 2))


@settings(max_examples=300, deadline=None)
@given(small_shapes(), st.integers(0, 2**32 - 1), RADII)
def test_equals_opencv_with_the_lattice_disk(shape: tuple[int, int], seed: int, radius: float) -> None:
    """Bit by bit, and with disks larger than the picture."""
    rng = np.random.default_rng(seed)
    plane = rng.integers(0, 4, shape, dtype=np.uint8) * (rng.random(shape) < 0.1).astype(np.uint8)
    spread = dilate(plane, disk(radius))
    for bit in (1, 2):
        np.testing.assert_array_equal(spread & bit, cv2.dilate(plane & bit, plain.lattice_disk(radius)))


@given(RADII)
def test_rows_are_nested(radius: float) -> None:
    element = disk(radius)
    for row, longer in pairwise(element):
        assert longer.first <= row.first <= row.last <= longer.last


@pytest.mark.parametrize(
    ("radius", "rows"),
    [
        pytest.param(0, {Row(0, 0, 0)}, id="a pixel"),
        pytest.param(1, {Row(-1, 0, 0), Row(0, -1, 1), Row(1, 0, 0)}, id="whole: a cross"),
        pytest.param(1.2, {Row(-1, -1, 0), Row(0, -1, 0)}, id="-1.2 -0.2 0.8 1.8, of which the third is the middle"),
        pytest.param(0.4, {Row(-1, -1, -1)}, id="-0.4 0.6: no point is near enough, so the first one"),
    ],
)
def test_small_disks(radius: float, rows: set[Row]) -> None:
    assert set(disk(radius)) == rows
