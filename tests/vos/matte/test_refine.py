import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import FLOAT32_PARITY
from vos.errors import InputError
from vos.matte.band import signed_distance
from vos.matte.closed_form import require_closed_form
from vos.matte.guided import guided_filter
from vos.matte.refine import CLOSED_FORM, GUIDED, parse_method, refine

REFINING = ["guided", "closed-form"]
PIXEL = 4


def disk(size: tuple[int, int] = (96, 128), radius: float = 30.0) -> np.ndarray:
    """A true alpha: a disk with an edge two pixels wide."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    return np.clip((radius - np.hypot(x - size[1] / 2, y - size[0] / 2)) / 2 + 0.5, 0, 1).astype(np.float32)


def picture(alpha: np.ndarray, seed: int = 0) -> np.ndarray:
    """It in orange over blue, with the camera's noise."""
    noise = np.random.default_rng(seed).normal(0, 2, (*alpha.shape, 3))
    blend = alpha[..., None] * np.array([230, 140, 30]) + (1 - alpha[..., None]) * np.array([20, 60, 150])
    return np.clip(blend + noise, 0, 255).astype(np.uint8)


def as_seen_by_a_model(alpha: np.ndarray, pixel: int = PIXEL) -> np.ndarray:
    height, width = alpha.shape
    small = cv2.resize(alpha, (width // pixel, height // pixel), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


@pytest.mark.parametrize("method", REFINING)
def test_it_comes_nearer_to_the_truth(method: str):
    truth = disk()
    seen = as_seen_by_a_model(truth)
    found = refine(picture(truth), seen, method, PIXEL)
    assert np.abs(found - truth).mean() < 0.7 * np.abs(seen - truth).mean()


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(REFINING), st.integers(20, 40), st.integers(1, 6), st.integers(0, 1000))
def test_outside_the_band_a_matte_is_black_or_white(method: str, radius: int, pixel: int, seed: int):
    truth = disk(radius=radius)
    seen = as_seen_by_a_model(truth, pixel)
    found = refine(picture(truth, seed), seen, method, pixel)
    assert found.dtype == np.float32
    assert (found.min(), found.max()) == (0, 1)
    y, x = np.mgrid[: truth.shape[0], : truth.shape[1]]
    from_edge = np.abs(np.hypot(x - 64, y - 48) - radius)
    far = from_edge > max(3, CLOSED_FORM.reach * pixel) + pixel
    np.testing.assert_array_equal(found[far], truth[far] > 0.5)


def of_the_whole_picture(image: np.ndarray, alpha: np.ndarray, pixel: float) -> np.ndarray:
    """The guided matte without boxes: every pixel filtered, and its distance to the edge known."""
    distance = signed_distance(alpha >= 0.5)
    steep = np.clip((alpha - 0.5) * GUIDED.steepness + 0.5, 0, 1).astype(np.float32)
    drawn = guided_filter(image, steep, round(GUIDED.radius * pixel), GUIDED.epsilon)
    share = np.clip(2 - 2 * np.abs(distance) / max(3, pixel), 0, 1)
    return share * drawn + (1 - share) * (alpha >= 0.5)


@settings(max_examples=15, deadline=None)
@given(st.integers(8, 260), st.sampled_from([3, 5, 7.5]), st.integers(-150, 150), st.integers(-200, 200))
def test_the_boxes_around_an_edge_change_nothing(radius: int, pixel: float, down: int, right: int):
    """Edges that cross tiles, run along them, or leave the picture."""
    truth = np.roll(disk((300, 420), radius), (down, right), axis=(0, 1))
    seen, image = as_seen_by_a_model(truth), picture(truth)
    expected = of_the_whole_picture(image, seen, pixel)
    np.testing.assert_allclose(refine(image, seen, "guided", pixel), expected, rtol=0, atol=FLOAT32_PARITY)


@pytest.mark.parametrize("method", REFINING)
@pytest.mark.parametrize("value", [0.0, 0.3, 0.7, 1.0])
def test_without_an_edge_there_is_nothing_to_refine(method: str, value: float):
    found = refine(picture(disk()), np.full((96, 128), value, np.float32), method, PIXEL)
    np.testing.assert_array_equal(found, np.float32(value > 0.5))


@pytest.mark.parametrize("method", REFINING)
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 3), (50, 8)])
def test_any_size(method: str, size: tuple[int, int]):
    alpha = np.zeros(size, np.float32)
    alpha[:, size[1] // 2 :] = 1
    found = refine(np.zeros((*size, 3), np.uint8), alpha, method, PIXEL)
    assert found.shape == size
    assert found.min() >= 0
    assert found.max() <= 1


@pytest.mark.parametrize("method", REFINING)
def test_an_object_that_leaves_the_frame_stays_whole_at_its_border(method: str):
    truth = disk((200, 200), 60)[100:, 100:]
    found = refine(picture(truth), as_seen_by_a_model(truth), method, PIXEL)
    assert (found[0, :40] > 0.98).all()
    assert (found[:40, 0] > 0.98).all()


def test_a_thing_thinner_than_the_band_is_left_to_the_model_by_the_closed_form():
    alpha = np.zeros((60, 60), np.float32)
    alpha[29:31] = 0.75
    found = refine(picture(alpha), alpha, "closed-form", PIXEL)
    np.testing.assert_array_equal(found, alpha)


def test_none_leaves_the_mask_as_it_is():
    seen = as_seen_by_a_model(disk())
    assert refine(picture(disk()), seen, "none", PIXEL) is seen


def test_equal_input_gives_equal_mattes():
    truth = disk()
    one, other = (refine(picture(truth), as_seen_by_a_model(truth), "guided", PIXEL) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_methods_by_name():
    assert [parse_method(name) for name in ("guided", "closed-form", "none")] == ["guided", "closed-form", "none"]
    with pytest.raises(InputError, match="--refine trimap: must be guided, closed-form or none"):
        parse_method("trimap")


def test_a_missing_library_is_told_of(monkeypatch: pytest.MonkeyPatch):
    require_closed_form()
    monkeypatch.setattr("vos.matte.closed_form.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"needs pymatting.* pip install 'vos-in-context\[matte\]'"):
        require_closed_form()
