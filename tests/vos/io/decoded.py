"""What the project's own reader makes of a video, to compare others with."""

from pathlib import Path

import numpy as np

from vos.io.probe import probe
from vos.io.video import VideoClip


def pictures_of(path: Path) -> list[np.ndarray]:
    """Its pictures, (H, W, 3) uint8 RGB."""
    return [frame.image for frame in VideoClip(probe(path))]
