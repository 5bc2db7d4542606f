"""Pairs of masks that reach the corners of the rules (empty, full, cut by the border, thin, noisy), and label maps."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

Mask = npt.NDArray[np.bool_]
LabelMap = npt.NDArray[np.uint8]
Shape = tuple[int, int]
Maker = Callable[[Shape, np.random.Generator], Mask]

LARGE_SHAPES: tuple[Shape, ...] = ((480, 854), (512, 512), (854, 480), (720, 1280), (1080, 1920))
"""As data sets have them."""

IDS = (1, 2, 3, 7, 254, 255)
"""Few enough for collisions, with gaps, with the highest id and void."""


def small_shapes(largest: int = 24) -> st.SearchStrategy[Shape]:
    """From 1×1 up to `largest` a side; single rows and columns often."""
    side = st.one_of(st.integers(1, 3), st.integers(1, largest))
    return st.tuples(side, side)


def mask_pairs(shapes: st.SearchStrategy[Shape] | None = None) -> st.SearchStrategy[tuple[Mask, Mask]]:
    """Two masks of one shape, the second one often the first one moved a little."""
    return (small_shapes() if shapes is None else shapes).flatmap(lambda shape: _pairs(shape, _NOISY + _SPARSE))


def large_mask_pairs() -> st.SearchStrategy[tuple[Mask, Mask]]:
    """As `mask_pairs` in the sizes of data sets, without noise: the plain definition tries every pair of pixels."""
    return st.sampled_from(LARGE_SHAPES).flatmap(lambda shape: _pairs(shape, _SPARSE))


def label_map_pairs() -> st.SearchStrategy[tuple[LabelMap, LabelMap]]:
    """Two label maps of one shape with ids of `IDS`: objects that touch, cover one another, are split or absent."""
    return small_shapes().flatmap(lambda shape: _map_pairs(shape, _NOISY + _SPARSE))


def large_label_map_pairs() -> st.SearchStrategy[tuple[LabelMap, LabelMap]]:
    """As `label_map_pairs` in the sizes of data sets, without noise."""
    return st.sampled_from(LARGE_SHAPES).flatmap(lambda shape: _map_pairs(shape, _SPARSE))


def _map_pairs(shape: Shape, kinds: Sequence[Maker]) -> st.SearchStrategy[tuple[LabelMap, LabelMap]]:
    layers = st.lists(st.tuples(st.sampled_from(IDS), _pairs(shape, kinds)), max_size=5)
    return layers.map(
        lambda found: (
            _painted(shape, [(one, pair[0]) for one, pair in found]),
            _painted(shape, [(one, pair[1]) for one, pair in found]),
        )
    )


def _painted(shape: Shape, layers: Sequence[tuple[int, Mask]]) -> LabelMap:
    labels = np.zeros(shape, dtype=np.uint8)
    for one, mask in layers:
        labels[mask] = one
    return labels


def _pairs(shape: Shape, kinds: Sequence[Maker]) -> st.SearchStrategy[tuple[Mask, Mask]]:
    masks = st.builds(
        lambda kind, seed: kind(shape, np.random.default_rng(seed)), st.sampled_from(kinds), st.integers(0, 2**32 - 1)
    )
    shifts = st.tuples(st.integers(-20, 20), st.integers(-20, 20))
    moved = st.builds(lambda mask, shift: (mask, _moved(mask, *shift)), masks, shifts)
    return st.one_of(st.tuples(masks, masks), moved)


def _moved(mask: Mask, down: int, right: int) -> Mask:
    """What leaves the picture is lost; what comes in is empty."""
    height, width = mask.shape
    moved = np.zeros_like(mask)
    moved[max(down, 0) : max(height + down, 0), max(right, 0) : max(width + right, 0)] = mask[
        max(-down, 0) : max(height - down, 0), max(-right, 0) : max(width - right, 0)
    ]
    return moved


def _empty(shape: Shape, rng: np.random.Generator) -> Mask:
    return np.zeros(shape, dtype=bool)


def _full(shape: Shape, rng: np.random.Generator) -> Mask:
    return np.ones(shape, dtype=bool)


def _box(shape: Shape, rng: np.random.Generator) -> Mask:
    """A rectangle that may touch any border, or none."""
    mask = np.zeros(shape, dtype=bool)
    top, bottom = np.sort(rng.integers(0, shape[0] + 1, 2))
    left, right = np.sort(rng.integers(0, shape[1] + 1, 2))
    mask[top:bottom, left:right] = True
    return mask


def _line(shape: Shape, rng: np.random.Generator) -> Mask:
    """One pixel wide: a row, a column or a diagonal."""
    mask = np.zeros(shape, dtype=bool)
    kind = rng.integers(3)
    if kind == 0:
        mask[rng.integers(shape[0])] = True
    elif kind == 1:
        mask[:, rng.integers(shape[1])] = True
    else:
        steps = np.arange(min(shape))
        mask[steps, steps] = True
    return mask


def _disk(shape: Shape, rng: np.random.Generator) -> Mask:
    """A disk whose middle lies in the picture and which may be cut off by its border."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    radius = rng.integers(1, max(shape) + 1)
    return np.asarray((y - rng.integers(shape[0])) ** 2 + (x - rng.integers(shape[1])) ** 2 <= radius**2)


def _specks(shape: Shape, rng: np.random.Generator) -> Mask:
    """Single pixels, corners of the picture among them."""
    mask = np.zeros(shape, dtype=bool)
    for _ in range(5):
        mask[rng.integers(shape[0]), rng.integers(shape[1])] = True
    mask[-rng.integers(2), -rng.integers(2)] = True
    return mask


def _noise(shape: Shape, rng: np.random.Generator) -> Mask:
    return rng.random(shape) < rng.random()


def _holes(shape: Shape, rng: np.random.Generator) -> Mask:
    return _box(shape, rng) & (rng.random(shape) < 0.9)


_SPARSE: list[Maker] = [_empty, _full, _box, _line, _disk, _specks]
_NOISY: list[Maker] = [_noise, _holes]
