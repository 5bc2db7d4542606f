from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggpt_core.training.data.appearance import UNCHANGED
from seggpt_core.training.data.camera import (
    MAX_ENLARGED,
    MAX_SMEAR,
    CameraMove,
    Shot,
    corners,
    covering,
    draw_move,
    moved,
)
from seggpt_core.training.data.layers import Layer, stickers
from seggpt_core.training.data.motion import Path, draw_times
from seggpt_core.training.data.painter import paint_backdrop, paint_sticker
from seggpt_core.training.data.scenes import Scene
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.sprites import dress
from tests.seggpt_core.training.data.made_shards import disc, plain

SIZE = (80, 120)
SMOOTH = EngineConfig(zooms=0, rolls=0, shakes=0)


def shot_of(shifts: list[float], shutter: float = 0.0) -> Shot:
    """A camera that moves things at nearness 1 sideways, by these shares of the frame's width."""
    count = len(shifts)
    return Shot(CameraMove(np.column_stack([shifts, np.zeros(count)]), np.zeros(count), np.zeros(count)), shutter, SIZE)


def resting(nearness: float, sprite: np.ndarray) -> Layer:
    """A layer that stands in the middle of the scene for two frames."""
    path = Path(np.full((2, 2), 0.5), np.ones(2), np.zeros(2), np.ones(2))
    return Layer(tuple(dress([sprite], UNCHANGED, False)) * 2, 1, path, 1.0, nearness=nearness)


def painted(layer: Layer, shot: Shot, number: int) -> tuple[np.ndarray, np.ndarray]:
    image, labels = plain((0, 0, 0), SIZE), np.zeros(SIZE, np.uint8)
    paint_sticker(stickers(layer, shot)[number], image, labels)
    return image, labels


@pytest.mark.parametrize("nearness", [0.5, 1.0, 2.0])
def test_what_is_nearer_moves_farther_and_labels_go_along(nearness: float) -> None:
    layer = resting(nearness, disc((255, 0, 0), 32))
    shot = shot_of([0.0, 0.1])
    for number, expected in ((0, 60), (1, 60 + nearness * 12)):
        image, labels = painted(layer, shot, number)
        assert np.nonzero(labels)[1].mean() == pytest.approx(expected, abs=0.5)
        assert np.count_nonzero((labels == 1) != (image[..., 0] > 127)) <= 8  # tips thinner than three pixels


def test_on_a_slope_the_ground_moves_farther_than_the_sky() -> None:
    matrix = shot_of([0.0, 0.1]).move.seen(1, 0.5, 0.4, SIZE)
    points = np.array([[60.0, 0], [60, 40], [60, 80]])
    np.testing.assert_allclose(moved(matrix, points) - points, [[1.2, 0], [6, 0], [10.8, 0]], atol=1e-9)


def smear(shot: Shot, nearness: float = 1.0) -> int:
    """Width of a column of light of 3 pixels, as the shutter sees it in frame 0."""
    sprite = plain((255, 255, 255, 255), (40, 3))
    image, _ = painted(resting(nearness, sprite), shot, 0)
    return int((image[40, :, 0] > 8).sum())


def test_smear_grows_with_speed_shutter_and_nearness() -> None:
    assert smear(shot_of([0.0, 0.0], 0.5)) == smear(shot_of([0.0, 0.05], 0.0)) <= 5
    slow, fast = smear(shot_of([0.0, 0.05], 0.5)), smear(shot_of([0.0, 0.1], 0.5))
    assert slow == pytest.approx(3 + 3, abs=2)  # half of 6 pixels
    assert fast == pytest.approx(3 + 6, abs=2)
    assert smear(shot_of([0.0, 0.1], 0.25)) == pytest.approx(3 + 3, abs=2)
    assert smear(shot_of([0.0, 0.05], 0.5), nearness=2.0) == fast
    assert smear(shot_of([0.0, 3.0], 1.0)) <= 3 + MAX_SMEAR * 80 + 3


def test_a_smeared_layer_is_labelled_where_it_is_in_the_middle() -> None:
    layer = resting(1.0, disc((255, 0, 0), 32))
    image, labels = painted(layer, shot_of([0.0, 0.1], 0.5), 0)
    _, sharp = painted(layer, shot_of([0.0, 0.1]), 0)
    np.testing.assert_array_equal(labels, sharp)
    assert ((image[..., 0] > 8) & (labels == 0)).sum() > 40
    weight = image[..., 0].astype(float)
    assert (weight * np.arange(120)).sum() / weight.sum() == pytest.approx(np.nonzero(labels)[1].mean(), abs=0.3)


def seen(scene: Scene, shot: Shot) -> tuple[np.ndarray, np.ndarray]:
    """Frame 0."""
    return paint_backdrop(scene.backdrops(shot, None)[0], SIZE)


def test_the_scene_smears_with_the_camera_and_keeps_its_labels() -> None:
    image, masks = plain((0, 0, 0), SIZE), np.zeros((*SIZE, 2), np.uint8)
    image[:, 58:61], masks[:, 58:61, 0] = 255, 255
    scene = Scene(image, masks, 1, np.eye(3))
    still, labels = seen(scene, shot_of([0.0, 0.0], 0.5))
    np.testing.assert_array_equal(still, image)
    np.testing.assert_array_equal(labels, masks[..., 0] // 255)
    moving, kept = seen(scene, shot_of([0.0, 0.1], 0.5))
    np.testing.assert_array_equal(kept, labels)
    assert (moving[40, :, 0] > 8).sum() == pytest.approx(9, abs=2)
    far, _ = seen(replace(scene, nearness=0.25), shot_of([0.0, 0.1], 0.5))
    assert (far[40, :, 0] > 8).sum() < (moving[40, :, 0] > 8).sum()


@given(seed=st.integers(0, 500), x=st.floats(-200, 0), y=st.floats(-200, 0))
def test_a_picture_that_is_large_enough_covers_the_frame_wherever_the_camera_goes(
    seed: int, x: float, y: float
) -> None:
    times = np.linspace(0, 3, 5)
    move = draw_move(np.random.default_rng(seed), SMOOTH, times, 0.3, None)
    move = replace(move, angle=np.zeros(5), zoom=np.zeros(5))
    source, view = (80, 120), np.array([[2.0, 0, x], [0, 2, y], [0, 0, 1]])
    laid = covering(view, source, move, 0.5, SIZE)
    assert 2 <= laid[0, 0] <= 2 * MAX_ENLARGED
    for frame in range(5):
        covered = moved(move.seen(frame, 0.5, 0.0, SIZE) @ laid, corners(source))
        assert (covered[0] <= 1e-6).all()
        assert (covered[2] >= np.array([SIZE[1], SIZE[0]]) - 1e-6).all()


def test_views_average_to_the_middle_one() -> None:
    views = shot_of([0.0, 0.1], 0.5).views(
        lambda moment: np.array([[1.0, 0, 12 * moment], [0, 1, 0], [0, 0, 1]]), corners(SIZE), 1
    )
    assert len(views) % 2 == 1
    assert len(views) >= 3
    np.testing.assert_allclose(np.mean(views, 0), views[len(views) // 2])
    assert views[len(views) // 2][0, 2] == 12


def test_a_camera_that_follows_keeps_its_object_in_place() -> None:
    times = draw_times(np.random.default_rng(0), 6)
    centre = 0.5 + np.column_stack([0.05 * times, np.zeros(6)])
    for seed in range(10):
        move = draw_move(np.random.default_rng(seed), SMOOTH, times, 0.01, centre)
        left = np.ptp((centre + move.shift)[:, 0])
        assert left < 0.7 * np.ptp(centre[:, 0])


@pytest.mark.parametrize(
    ("name", "unrest"),
    [
        ("zooms", lambda move: np.ptp(move.zoom)),
        ("rolls", lambda move: np.ptp(move.angle)),
        ("shakes", lambda move: np.abs(np.diff(move.shift, 2, axis=0)).mean()),
    ],
)
def test_zooms_rolls_and_shakes_are_what_they_say(name: str, unrest: object) -> None:
    times = np.linspace(0, 1, 8)
    assert callable(unrest)
    calm = [unrest(draw_move(np.random.default_rng(seed), SMOOTH, times, 0.02, None)) for seed in range(30)]
    config = replace(SMOOTH, **{name: 1.0})
    moving = [unrest(draw_move(np.random.default_rng(seed), config, times, 0.02, None)) for seed in range(30)]
    assert np.median(moving) > 4 * np.median(calm)
