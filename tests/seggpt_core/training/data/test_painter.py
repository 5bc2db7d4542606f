import numpy as np
import pytest

from seggpt_core.training.data.appearance import UNCHANGED, ColourShift, apply_colours, draw_shift
from seggpt_core.training.data.camera import CameraMove, Shot, still_shot
from seggpt_core.training.data.layers import Layer, scale_for, stickers
from seggpt_core.training.data.motion import Path, draw_elastic, place
from seggpt_core.training.data.painter import owned, paint_backdrop, paint_frame, paint_labels
from seggpt_core.training.data.plan import Backdrop, FramePlan, Shadow
from seggpt_core.training.data.scenes import backdrops
from seggpt_core.training.data.sprites import dress
from seggpt_core.training.data.warping import inverse_maps, rest, shrunk
from tests.seggpt_core.training.data.made_shards import disc, plain

SIZE = (80, 120)
STILL = still_shot(SIZE)


def at(x: float, y: float, sprite: np.ndarray, label: int, scale: float = 1.0, **options: object) -> Layer:
    """A layer that rests at (x, y), shares of the frame."""
    path = Path(np.array([[x, y]]), np.ones(1), np.zeros(1), np.ones(1))
    return Layer(tuple(dress([sprite], UNCHANGED, False)), label, path, scale, **options)  # type: ignore[arg-type]


def painted(*layers: Layer) -> tuple[np.ndarray, np.ndarray]:
    """The layers over an even grey."""
    backdrop = Backdrop(plain((100, 100, 100), SIZE), np.eye(3)[None])
    frame = FramePlan(backdrop, tuple(stickers(layer, STILL)[0] for layer in layers))
    image, labels = paint_frame(frame, SIZE)
    np.testing.assert_array_equal(paint_labels(frame, SIZE), labels)
    return image, labels


def test_alpha_is_blended_and_labels_follow_it() -> None:
    """Against the plain rule: alpha times colour plus (1 - alpha) times what is behind."""
    sprite = np.random.default_rng(0).integers(0, 256, (21, 31, 4), dtype=np.uint8)
    sprite[..., 3] = np.linspace(0, 255, 31)  # no thin parts
    image, labels = painted(at(0.5, 0.5, sprite, 2))
    left, top = round(0.5 * 120 - 15), round(0.5 * 80 - 10)
    alpha = sprite[..., 3:] / 255
    expected = alpha * sprite[..., :3] + (1 - alpha) * 100
    window = (slice(top, top + 21), slice(left, left + 31))
    np.testing.assert_allclose(image[window], expected, atol=2)  # three roundings of 8-bit values
    np.testing.assert_array_equal(labels[window], np.where(sprite[..., 3] > 127, 2, 0))
    image[window], labels[window] = 100, 0
    assert (image == 100).all()
    assert not labels.any()


def test_a_wire_that_covers_a_third_of_its_pixels_is_kept_and_a_soft_edge_is_not_widened() -> None:
    alpha = np.zeros((20, 20), np.uint8)
    alpha[10, 2:18] = 85
    np.testing.assert_array_equal(owned(alpha), alpha == 85)
    edge = np.tile(np.clip(np.arange(20) * 40 - 200, 0, 255), (20, 1)).astype(np.uint8)
    np.testing.assert_array_equal(owned(edge), edge > 127)


def test_the_layer_in_front_owns_the_pixel() -> None:
    back, front = disc((255, 0, 0), 48), disc((0, 0, 255), 48)
    image, labels = painted(at(0.5, 0.5, back, 1), at(0.55, 0.5, front, 2))
    assert labels[40, 66] == 2
    assert image[40, 66].tolist() == [0, 0, 255]
    assert labels[40, 42] == 1
    assert image[40, 42].tolist() == [255, 0, 0]
    _, hidden = painted(at(0.5, 0.5, back, 1), at(0.5, 0.5, front, 0, scale=1.5))
    assert not hidden.any()  # an occluder is background


def test_a_layer_outside_the_frame_leaves_no_trace() -> None:
    image, labels = painted(at(3.0, 0.5, disc((255, 0, 0), 48), 1))
    assert (image == 100).all()
    assert not labels.any()


def test_a_shadow_darkens_the_background_and_is_not_labelled() -> None:
    sprite = disc((255, 255, 255), 40)
    image, labels = painted(at(0.5, 0.5, sprite, 1, shadow=Shadow((0.25, 0.0), 0.5)))
    _, without = painted(at(0.5, 0.5, sprite, 1))
    np.testing.assert_array_equal(labels, without)
    shade = (image[..., 0] < 60) & (labels == 0)
    assert shade.sum() > 100
    assert image[shade].min() >= 49  # half of the light


def test_scale_for_reaches_the_share_of_the_frame() -> None:
    sprite = disc((255, 255, 255), 64)
    scale = scale_for([sprite], 0.1, SIZE)
    _, labels = painted(at(0.5, 0.5, sprite, 1, scale=scale))
    assert (labels == 1).mean() == pytest.approx(0.1, rel=0.05)  # the edge's pixels are whole


def test_place_puts_the_middle_of_a_sprite_where_the_path_is() -> None:
    path = Path(np.array([[0.25, 0.75]]), np.array([2.0]), np.array([0.7]), np.array([1.3]))
    x, y, _ = place(path, 0, 0.5, (41, 21), SIZE) @ [10, 20, 1]
    assert (x, y) == pytest.approx((30, 60))


def test_maps_invert_a_projective_matrix() -> None:
    matrix = np.array([[1.1, 0.2, 5], [-0.1, 0.9, 3], [1e-3, -5e-4, 1]])
    map_x, map_y = inverse_maps(matrix, None, (50, 50), (40, 60))
    point = matrix @ [map_x[12, 34], map_y[12, 34], 1]
    np.testing.assert_allclose(point[:2] / point[2], [34, 12], atol=1e-3)  # float32 maps


def test_a_backdrop_moves_image_and_masks_alike_and_leaves_no_border() -> None:
    image = plain((50, 50, 50), (60, 60))
    image[20:40, 20:40] = 255
    masks = np.dstack([image[..., 0] == 255, np.zeros((60, 60), bool)]).astype(np.uint8) * np.uint8(255)
    view = np.array([[0.5, 0.1, 10.0], [-0.1, 0.5, 14], [0, 0, 1]])
    elastic = draw_elastic(np.random.default_rng(0), np.zeros(1), 0.1, 1.0)
    (backdrop,) = backdrops(image, masks, [[view]], elastic)
    seen, labels = paint_backdrop(backdrop, (64, 64))
    np.testing.assert_array_equal(labels, seen[..., 0] > 152)
    assert labels.any()
    assert seen.min() >= 49


def test_a_picture_is_shrunk_so_far_that_a_bilinear_warp_does_not_alias_and_only_once() -> None:
    picture = plain((1, 2, 3), (100, 80))
    done: dict[tuple[int, int], np.ndarray] = {}
    small = shrunk(picture, 0.25, done)
    assert small.shape == (34, 27, 3)  # three levels: 0.7 ** 3 is 0.343
    assert shrunk(picture, 0.3, done) is small
    np.testing.assert_allclose(rest(picture, small) @ [27, 34, 1], [80, 100, 1])
    assert shrunk(picture, 0.71, done) is picture


def test_frames_of_a_layer_share_their_picture() -> None:
    path = Path(np.full((3, 2), 0.5), np.array([1.0, 1.01, 1.02]), np.zeros(3), np.ones(3))
    sprite = disc((255, 0, 0), 64)
    shot = Shot(CameraMove(np.zeros((3, 2)), np.zeros(3), np.zeros(3)), 0.0, SIZE)
    first, *others = stickers(Layer((sprite,) * 3, 1, path, 0.5), shot)
    assert first.picture.shape[0] < 64
    assert all(sticker.picture is first.picture for sticker in others)


def test_dressed_colours_are_multiplied_by_alpha() -> None:
    sprite = plain((200, 100, 50, 128), (4, 4))
    (dressed,) = dress([sprite], UNCHANGED, True)
    np.testing.assert_allclose(dressed[0, 0], [100, 50, 25, 128], atol=1)


def test_neutral_colours_change_nothing() -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    assert draw_shift(np.random.default_rng(1), 0.0) == UNCHANGED
    assert apply_colours(image, UNCHANGED) is image
    grey = apply_colours(image, ColourShift(1.0, 0.0, (1.0, 1.0, 1.0), 0.0))
    np.testing.assert_allclose(grey[..., 0], image @ np.array([0.299, 0.587, 0.114]), atol=1)
