"""Sequences of a data set, played otherwise: shortened, with frames left out, forth and back. No file is written.

A sequence names its frames by stem and counts them by position, so that a list of stems in another order is another
clip, whose truth is read as ever.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.degradations import Degradation
from vos.datasets import VideoSequence
from vos.io import find_images, read_image
from vos.types import Frame


def replayed(sequence: VideoSequence, positions: Sequence[int], scored: Sequence[int]) -> VideoSequence:
    """The frames at `positions` of a sequence, in that order; of these, counted anew from 0, `scored` count.

    Every object's mask is given in the first of them.
    """
    layers = tuple(
        replace(layer, objects=tuple(replace(one, prompt=0, scored=tuple(scored)) for one in layer.objects))
        for layer in sequence.layers
    )
    stems = tuple(sequence.stems[position] for position in positions)
    return replace(sequence, stems=stems, layers=layers, required=tuple(range(len(stems))))


def shortened(sequence: VideoSequence, frames: int) -> VideoSequence:
    """The first `frames` frames, of which the first and the last do not count, as in DAVIS."""
    kept = min(frames, len(sequence.stems))
    return replayed(sequence, range(kept), range(1, kept - 1))


def every_nth(sequence: VideoSequence, step: int) -> VideoSequence:
    """Frames 0, step, 2 step, …; those that counted before count still."""
    positions = range(0, len(sequence.stems), step)
    before = set(sequence.scored)
    return replayed(sequence, positions, [number for number, position in enumerate(positions) if position in before])


def forth_and_back(sequence: VideoSequence) -> VideoSequence:
    """n frames, then all but the last of them backwards: 2n - 1, of which the first and the last do not count."""
    there = range(len(sequence.stems))
    positions = [*there, *reversed(there[:-1])]
    return replayed(sequence, positions, range(1, len(positions) - 1))


def frames_of(sequence: VideoSequence, degrade: Degradation) -> Iterator[Frame]:
    """The sequence's frames in the order of its stems, numbered from 0, each degraded as it is read."""
    files = {file.stem: file for file in find_images([sequence.images])}
    for number, stem in enumerate(sequence.stems):
        yield Frame(index=number, image=degrade(read_image(files[stem]), number), stem=stem)
