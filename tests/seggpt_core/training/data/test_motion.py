import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggpt_core.training.data.motion import (
    GRID,
    MARGIN,
    at_moment,
    draw_elastic,
    draw_path,
    draw_times,
    thin_plate,
    turned_back,
    wander,
)


def test_times_start_at_nought_and_rise() -> None:
    times = draw_times(np.random.default_rng(0), 5)
    assert times[0] == 0
    assert (np.diff(times) > 0).all()
    assert np.diff(times).max() == pytest.approx(1.0)


@given(seed=st.integers(0, 1000), frames=st.integers(2, 9), step=st.floats(0.0, 0.5))
def test_paths_of_any_length_stay_about_the_frame(seed: int, frames: int, step: float) -> None:
    rng = np.random.default_rng(seed)
    path = draw_path(rng, draw_times(rng, frames), (0.3, 0.8), step)
    assert path.centre.min() >= -MARGIN
    assert path.centre.max() <= 1 + MARGIN
    assert path.scale.min() >= 0.4
    assert path.scale.max() <= 2.5
    np.testing.assert_allclose(path.centre[0], [0.3, 0.8])


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_turning_back_never_makes_a_leap(one: float, other: float) -> None:
    before, after = np.array([[one, other]]), turned_back(np.array([[one, other]]))
    if min(one, other) >= -MARGIN and max(one, other) <= 1 + MARGIN:
        np.testing.assert_allclose(after, before, atol=1e-9)
    assert abs(after[0, 0] - after[0, 1]) <= abs(one - other) + 1e-9


@given(seed=st.integers(0, 1000))
def test_wandering_is_smooth_and_bounded(seed: int) -> None:
    times = np.linspace(0, 8, 81)
    curves = wander(np.random.default_rng(seed), times, 3)
    np.testing.assert_array_equal(curves[0], 0)
    assert np.abs(curves).max() <= 5
    assert np.abs(np.diff(curves, axis=0)).max() <= 0.1  # a speed of 1


def test_moments_lie_between_frames_and_just_beyond() -> None:
    values = np.array([[0.0], [2.0], [8.0]])
    assert [float(at_moment(values, moment)[0]) for moment in (-0.5, 0.5, 1, 1.5, 2.5)] == [-1, 1, 2, 5, 11]
    assert at_moment(values[:1], 0.4) == 0


@given(seed=st.integers(0, 1000), count=st.integers(4, 25))
def test_a_thin_plate_follows_affine_motion_exactly(seed: int, count: int) -> None:
    """Whatever the handles: shifts that are an affine function of the place are so at every point of the grid."""
    rng = np.random.default_rng(seed)
    handles, matrix, shift = rng.random((count, 2)), rng.normal(size=(2, 2)), rng.normal(size=2)
    even = np.linspace(0, 1, GRID)
    points = np.stack(np.meshgrid(even, even), -1).reshape(-1, 2)
    np.testing.assert_allclose(thin_plate(handles) @ (handles @ matrix + shift), points @ matrix + shift, atol=1e-6)


def test_elastic_motion_evolves_smoothly() -> None:
    times = np.linspace(0, 4, 41)
    grids = draw_elastic(np.random.default_rng(2), times, 0.2, 1.0)
    assert grids.shape == (41, GRID, GRID, 2)
    assert grids.dtype == np.float32
    overall = np.abs(grids - grids[0]).max()
    assert overall > 0.02
    assert np.abs(np.diff(grids, axis=0)).max() < 0.3 * overall
