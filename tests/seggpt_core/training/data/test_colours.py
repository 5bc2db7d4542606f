from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seggpt_core.errors import InputError
from seggpt_core.training.data.colours import MIN_DISTANCE, TETRAHEDRON, draw_colours


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), index=st.integers(0, 2**32), objects=st.integers(1, 6))
def test_colours_are_far_apart_and_background_is_black(seed: int, index: int, objects: int) -> None:
    colours = draw_colours(seed, index, objects, 0.5)
    assert colours.shape == (objects + 1, 3)
    assert colours.dtype == np.float32
    assert not colours[0].any()
    assert colours.min() >= 0
    assert colours.max() <= 1
    assert min(np.linalg.norm(one - other) for one, other in combinations(colours, 2)) >= MIN_DISTANCE
    np.testing.assert_array_equal(colours, draw_colours(seed, index, objects, 0.5))


def test_the_share_of_the_tetrahedron() -> None:
    corners = {tuple(corner) for corner in TETRAHEDRON.tolist()}
    drawn = [draw_colours(1, index, 3, 0.5) for index in range(400)]
    in_use = [colours for colours in drawn if {tuple(colour) for colour in colours[1:].tolist()} == corners]
    assert 150 <= len(in_use) <= 250  # five standard deviations
    assert len({colours.tobytes() for colours in in_use}) == 6  # in every order
    assert all(
        {tuple(colour) for colour in draw_colours(1, index, 2, 1.0)[1:].tolist()} < corners for index in range(20)
    )


@pytest.mark.parametrize("objects", [0, 7])
def test_impossible_numbers_of_objects(objects: int) -> None:
    with pytest.raises(InputError, match=f"colours for {objects} objects"):
        draw_colours(0, 0, objects, 0.5)
