"""A clip from its last frame to its first."""

import copy
from collections.abc import Iterator

from vos.io.clip import Clip
from vos.types import Frame

MOST_BYTES = 256 * 2**20
"""Of decoded pictures that wait to be turned round."""


def backward(clip: Clip, most_bytes: int = MOST_BYTES) -> Iterator[Frame]:
    """The clip's frames with their own numbers, the last first.

    Decoders go forward only, so the clip is read in stretches of as many frames as `most_bytes` holds, each decoded
    from a keyframe before it: up to one group of pictures more a stretch. A video that cannot be sought (`vos.io.seek`)
    is decoded from its start for each of them, which for n stretches is (n + 1) / 2 times the work.
    """
    frames = clip.frames
    stretch = max(1, most_bytes // (clip.info.width * clip.info.height * 3))
    for stop in range(frames.stop, frames.start, -stretch):
        part = copy.copy(clip)
        part.frames = range(max(frames.start, stop - stretch), stop)
        yield from reversed(list(part))
