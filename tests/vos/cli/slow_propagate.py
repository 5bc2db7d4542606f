"""`vos propagate` with a pause after each frame: time for a test to kill it."""

import sys
import time

from vos.cli.main import main
from vos.tracker import Tracker
from vos.types import Frame, Segmentation


def _slow(self: Tracker, frame: Frame) -> Segmentation:
    time.sleep(0.2)
    return _STEP(self, frame)


_STEP = Tracker.step

if __name__ == "__main__":
    Tracker.step = _slow  # type: ignore[method-assign]
    main(["propagate", *sys.argv[1:]])
