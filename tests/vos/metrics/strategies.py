"""Pairs of masks that reach the corners of the rules: empty, full, touching the border, thin, noisy."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

Mask = npt.NDArray[np.bool_]


def mask_pairs(largest: int = 24) -> st.SearchStrategy[tuple[Mask, Mask]]:
    """Two masks of one shape, from 1×1 up to `largest` a side."""
    side = st.integers(1, largest)
    return st.tuples(side, side).flatmap(lambda shape: st.tuples(_masks(shape), _masks(shape)))


def _masks(shape: tuple[int, int]) -> st.SearchStrategy[Mask]:
    kinds: list[Callable[[tuple[int, int], np.random.Generator], Mask]] = [
        lambda shape, _: np.zeros(shape, dtype=bool),
        lambda shape, _: np.ones(shape, dtype=bool),
        _box,
        _line,
        _disk,
        lambda shape, rng: rng.random(shape) < rng.random(),
        lambda shape, rng: _box(shape, rng) & (rng.random(shape) < 0.9),
    ]
    seeds = st.integers(0, 2**32 - 1)
    return st.builds(lambda kind, seed: kind(shape, np.random.default_rng(seed)), st.sampled_from(kinds), seeds)


def _box(shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """A rectangle that may touch any border, or none."""
    mask = np.zeros(shape, dtype=bool)
    top, bottom = np.sort(rng.integers(0, shape[0] + 1, 2))
    left, right = np.sort(rng.integers(0, shape[1] + 1, 2))
    mask[top:bottom, left:right] = True
    return mask


def _line(shape: tuple[int, int], rng: np.random.Generator) -> Mask:
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


def _disk(shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """A disk whose middle lies in the picture and which may be cut off by its border."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    radius = rng.integers(1, max(shape) + 1)
    return np.asarray((y - rng.integers(shape[0])) ** 2 + (x - rng.integers(shape[1])) ** 2 <= radius**2)
