"""What every writer of mattes answers."""

from typing import Protocol

from vos.types import Frame, Plane


class MatteWriter(Protocol):
    """Where the mattes of one object go, or those of all objects together; frames come in order."""

    @property
    def whole_clip(self) -> bool:
        """Whether one file holds all frames: a run that goes on must write those that are done once more."""
        ...

    def write(self, frame: Frame, alpha: Plane) -> None:
        """alpha: (H, W) float32 0..1 at the frame's size. Raises WorkError when it cannot be written."""
        ...

    def close(self) -> None:
        """Finish the output under its final name."""
        ...

    def abort(self) -> None:
        """Work failed: keep finished files, leave nothing half-written."""
        ...
