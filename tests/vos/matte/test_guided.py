import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tolerances import FLOAT32_PARITY
from vos.matte.guided import guided_filter


def plain(image: np.ndarray, alpha: np.ndarray, radius: int, epsilon: float) -> np.ndarray:
    """The paper's formulas, window by window, in doubles."""
    guide = image / 255
    height, width = alpha.shape

    def windows(values: np.ndarray) -> np.ndarray:
        pad = [(radius, radius), (radius, radius)] + [(0, 0)] * (values.ndim - 2)
        padded = np.pad(values.astype(float), pad, mode="symmetric")
        shifts = [(y, x) for y in range(2 * radius + 1) for x in range(2 * radius + 1)]
        return np.stack([padded[y : y + height, x : x + width] for y, x in shifts])

    colours, values = windows(guide), windows(alpha)
    slope, offset = np.zeros((height, width, 3)), np.zeros((height, width))
    for place in np.ndindex(height, width):
        own, target = colours[:, *place], values[:, *place]
        matrix = np.cov(own.T, bias=True) + epsilon * np.eye(3)
        slope[place] = np.linalg.solve(matrix, (own * target[:, None]).mean(0) - own.mean(0) * target.mean())
        offset[place] = target.mean() - slope[place] @ own.mean(0)
    return np.clip((windows(slope).mean(0) * guide).sum(-1) + windows(offset).mean(0), 0, 1)


@pytest.mark.parametrize("epsilon", [1e-2, 1e-4])
@pytest.mark.parametrize("radius", [1, 3])
def test_it_is_the_papers_filter(radius: int, epsilon: float):
    rng = np.random.default_rng(radius)
    image, alpha = rng.integers(0, 256, (14, 11, 3), np.uint8), rng.random((14, 11), np.float32)
    found = guided_filter(image, alpha, radius, epsilon)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, plain(image, alpha, radius, epsilon), rtol=0, atol=10 * FLOAT32_PARITY)


@given(st.floats(0, 1, width=32), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_what_is_even_stays(value: float, radius: int, subsample: int, seed: int):
    image = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
    found = guided_filter(image, np.full((9, 12), value, np.float32), radius, 1e-3, subsample)
    np.testing.assert_allclose(found, value, rtol=0, atol=10 * FLOAT32_PARITY)


@pytest.mark.parametrize("subsample", [1, 2])
def test_a_blurred_edge_is_drawn_where_the_picture_has_it(subsample: int):
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, 27:] = (200, 120, 40)
    ramp = np.clip((np.arange(60, dtype=np.float32) - 20) / 12, 0, 1)
    found = guided_filter(image, np.repeat(ramp[None], 40, axis=0), 8, 1e-4, subsample)
    before, after = found[20, :27], found[20, 27:]
    assert after[0] - before[-1] > 0.5
    assert np.abs(np.diff(before)).max() < 0.1
    assert np.abs(np.diff(after)).max() < 0.1
