"""`vos` raises the core's errors under its own name: VosError and its two kinds."""

from seggpt_core.errors import InputError, WorkError, cannot_write
from seggpt_core.errors import SegGPTError as VosError

__all__ = ["InputError", "TruncatedError", "VosError", "WorkError", "cannot_write"]


class TruncatedError(WorkError):
    """A clip broke off: every frame before `frame` was read, that one and those after it could not be."""

    def __init__(self, message: str, frame: int) -> None:
        """frame: number of the first frame that is lost."""
        super().__init__(message)
        self.frame = frame
