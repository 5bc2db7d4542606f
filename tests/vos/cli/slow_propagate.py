"""`vos propagate` of the flat film, slow in its tracker or in its writer: time for a test to end it."""

import sys
import threading
import time

from tests.vos.cli.flat_film import COUNT
from vos.cli.main import main
from vos.io.overlay_movie import OverlayWriter
from vos.tracker import Tracker
from vos.types import Frame, Segmentation

_PAUSE_S = 0.2
_AT_ONCE = 5
"""Frames that a slow writer writes without a pause: without them it would keep the tracker from its end."""
_STEP, _WRITE = Tracker.step, OverlayWriter.write


def slow_tracker() -> None:
    def step(self: Tracker, frame: Frame) -> Segmentation:
        time.sleep(_PAUSE_S)
        return _STEP(self, frame)

    Tracker.step = step  # type: ignore[method-assign]


def slow_writer() -> None:
    """It begins when all frames are segmented."""
    all_segmented = threading.Event()

    def step(self: Tracker, frame: Frame) -> Segmentation:
        segmentation = _STEP(self, frame)
        if frame.index == COUNT - 1:
            all_segmented.set()
        return segmentation

    def write(self: OverlayWriter, frame: Frame, segmentation: Segmentation) -> None:
        if frame.index >= _AT_ONCE:
            all_segmented.wait()
            time.sleep(_PAUSE_S)
        _WRITE(self, frame, segmentation)

    Tracker.step = step  # type: ignore[method-assign]
    OverlayWriter.write = write  # type: ignore[method-assign]


if __name__ == "__main__":
    {"tracker": slow_tracker, "writer": slow_writer}[sys.argv[1]]()
    main(["propagate", *sys.argv[2:]])
