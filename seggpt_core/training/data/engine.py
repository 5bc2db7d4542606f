"""The data engine: sample i of a seed is a function of the seed, i and the library alone."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from seggpt_core.errors import InputError, WorkError
from seggpt_core.training.data import composites, moved
from seggpt_core.training.data.composites import Frames
from seggpt_core.training.data.items import IGNORE, count_labels
from seggpt_core.training.data.recording import draw_recording, record
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.shards import Library

MIN_SHARE = 0.003
"""An object must cover this share of the first frame to be asked for."""
TRIES = 40

Maker = Callable[[np.random.Generator, Library, EngineConfig, tuple[int, int]], Frames | None]

MAKERS: dict[str, Maker] = {
    "composite": composites.composite,
    "whole": moved.whole,
    "pairs": composites.pairs,
    "mix": moved.mix,
    "clip": moved.clip,
}


@dataclass(frozen=True)
class Sample:
    """A clip to learn from: the last frame is the query, those before it are prompts in order of time."""

    images: np.ndarray
    """(T, H, W, 3) uint8 RGB."""
    labels: np.ndarray
    """(T, H, W) uint8: 0 background, 1..n objects, 255 ignore. Each of 1..n is in a prompt, one in frame 0."""
    kind: str
    """Which maker it came from."""

    @property
    def objects(self) -> int:
        """The number of objects, n."""
        return int(np.max(self.labels, where=self.labels < IGNORE, initial=0))


def sample(
    library: Library, config: EngineConfig, seed: int, index: int, size: tuple[int, int] | None = None
) -> Sample:
    """Sample `index` of `seed`; `size` (height, width) overrides the config's.

    Raises InputError if the library serves none of the kinds that have a weight, WorkError if no
    sample with a visible object came out in many tries.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, index]))
    shape = size or config.size
    names, shares = available(library, config)
    kind = names[int(rng.choice(len(names), p=shares))]
    for _ in range(TRIES):
        frames = MAKERS[kind](rng, library, config, shape)
        if frames is None:
            continue
        labels = settle(np.stack(frames[1]))
        if labels is not None:
            return Sample(record(rng, frames[0], draw_recording(rng, config, len(labels))), labels, kind)
    raise WorkError(f"sample {index} of seed {seed}: no {kind} with a visible object in {TRIES} tries; check the masks")


def available(library: Library, config: EngineConfig) -> tuple[list[str], np.ndarray]:
    """Kinds of samples that the library can serve, and their shares, which sum to 1."""
    served = {
        "composite": bool(library.foregrounds) and bool(library.scenes),
        "whole": bool(library.whole),
        "pairs": bool(library.groups) and bool(library.scenes),
        "mix": bool(library.semantic),
        "clip": bool(library.clips),
    }
    weights = {name: getattr(config.weights, name) for name, possible in served.items() if possible}
    names = [name for name, weight in weights.items() if weight > 0]
    if not names:
        raise InputError(
            f"the training data serves {', '.join(weights) or 'no kind of sample'}, "
            f"but none of that has a weight above 0 in {config.weights}"
        )
    shares = np.array([weights[name] for name in names])
    return names, shares / shares.sum()


def settle(labels: np.ndarray) -> np.ndarray | None:
    """(T, H, W) labels with consecutive ids, or None if frame 0 shows no object.

    What no prompt shows cannot be known and becomes background. What prompts show too little of
    to be recognised is ignored.
    """
    counts = np.stack([count_labels(frame) for frame in labels])
    counts[:, [0, IGNORE]] = 0
    least = MIN_SHARE * labels[0].size
    most = counts[:-1].max(0)
    known = most >= least
    if not (counts[0] >= least).any():
        return None
    table = np.zeros(256, np.uint8)
    table[(most > 0) & ~known] = IGNORE
    table[known] = np.arange(1, int(known.sum()) + 1)
    table[IGNORE] = IGNORE
    return cv2.LUT(labels, table)
