"""Random colours for the objects of a sample."""

import numpy as np

from seggpt_core.errors import InputError

TETRAHEDRON = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], np.float32)
"""RGB of the objects in use; with black, the corners of a tetrahedron."""

MIN_DISTANCE = 0.5
MAX_OBJECTS = 6
TRIES = 200


def draw_colours(seed: int, index: int, objects: int, tetrahedron_share: float) -> np.ndarray:
    """(objects + 1, 3) float32 RGB in 0..1: black for the background, then a colour an object.

    A function of its arguments alone. Colours are at least 0.5 apart, black included. With probability
    `tetrahedron_share`, and for up to three objects, they are those in use, in random order.
    Raises InputError unless there are 1 to 6 objects.
    """
    if not 1 <= objects <= MAX_OBJECTS:
        raise InputError(f"colours for {objects} objects were asked for; there can be 1 to {MAX_OBJECTS}")
    rng = np.random.default_rng(np.random.SeedSequence([seed, index], spawn_key=(1,)))
    black = np.zeros((1, 3), np.float32)
    if rng.random() < tetrahedron_share and objects <= len(TETRAHEDRON):
        return np.concatenate([black, rng.permutation(TETRAHEDRON)[:objects]])
    while True:
        colours = black
        for candidate in rng.random((TRIES, 3), np.float32):
            if np.linalg.norm(colours - candidate, axis=1).min() >= MIN_DISTANCE:
                colours = np.concatenate([colours, candidate[None]])
            if len(colours) == objects + 1:
                return colours
