"""The data engine: sample i of a seed is a function of the seed, i and the library alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from seggpt_core.errors import InputError, WorkError
from seggpt_core.training.data import composites, moved
from seggpt_core.training.data.composites import Frames
from seggpt_core.training.data.items import IGNORE, count_labels
from seggpt_core.training.data.painter import paint_frame, paint_labels
from seggpt_core.training.data.plan import ClipPlan
from seggpt_core.training.data.recording import draw_recording, record
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.shards import Library

MIN_SHARE = 0.003
"""A sample is taken if an object covers this share of its first frame; the objects of a clip are then those that cover
as much of any frame but the last."""
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
    """A clip to learn from: frame 0 is given, and each later frame is painted from those before it."""

    images: np.ndarray
    """(T, H, W, 3) uint8 RGB."""
    labels: np.ndarray
    """(T, H, W) uint8: 0 background, 1..n objects, 255 ignore. Each of 1..n is in a frame before the last, one in
    frame 0."""
    kind: str
    """Which maker it came from."""

    @property
    def objects(self) -> int:
        """The number of objects, n."""
        return int(np.max(self.labels, where=self.labels < IGNORE, initial=0))


def sample(library: Library, config: EngineConfig, seed: int, index: int, size: tuple[int, int]) -> Sample:
    """Sample `index` of `seed`, of `size` (height, width).

    Raises InputError if the library serves none of the kinds that have a weight, WorkError if no
    sample with a visible object came out in many tries.
    """
    painted = (_painted(plan) for plan in candidates(library, config, seed, index, size))
    return next(made for made in painted if made is not None)


def plan_sample(library: Library, config: EngineConfig, seed: int, index: int, size: tuple[int, int]) -> ClipPlan:
    """The plan of `sample`, which is not painted; raises what that raises."""
    plans = candidates(library, config, seed, index, size)
    return next(plan for plan in plans if shows_object(paint_labels(plan.frames[0], plan.size)))


def _painted(plan: ClipPlan) -> Sample | None:
    painted = [paint_frame(frame, plan.size) for frame in plan.frames]
    labels = settle(np.stack([labels for _, labels in painted]))
    if labels is None:
        return None
    return Sample(record([image for image, _ in painted], plan.recording), labels, plan.kind)


def candidates(
    library: Library, config: EngineConfig, seed: int, index: int, size: tuple[int, int]
) -> Iterator[ClipPlan]:
    """Plans for sample `index` of `seed`, of which the first is taken whose first frame shows an object.

    Raises WorkError if they are used up.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, index]))
    names, shares = available(library, config)
    kind = names[int(rng.choice(len(names), p=shares))]
    for _ in range(TRIES):
        frames = MAKERS[kind](rng, library, config, size)
        if frames is not None:
            yield ClipPlan(kind, size, frames, draw_recording(rng, config, len(frames), size))
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


def shows_object(labels: np.ndarray) -> bool:
    """Whether labels (H, W) show an object that is large enough to be asked for."""
    counts = count_labels(labels)
    return bool((counts[1:IGNORE] >= MIN_SHARE * labels.size).any())


def settle(labels: np.ndarray) -> np.ndarray | None:
    """(T, H, W) labels with consecutive ids, or None if frame 0 shows no object.

    What no frame before the last one shows cannot be known and becomes background. What they show too little of to
    be recognised is ignored.
    """
    counts = np.stack([count_labels(frame) for frame in labels])
    counts[:, [0, IGNORE]] = 0
    least = MIN_SHARE * labels[0].size
    most = counts[:-1].max(0)
    known = most >= least
    if not shows_object(labels[0]):
        return None
    table = np.zeros(256, np.uint8)
    table[(most > 0) & ~known] = IGNORE
    table[known] = np.arange(1, int(known.sum()) + 1)
    table[IGNORE] = IGNORE
    return cv2.LUT(labels, table)
