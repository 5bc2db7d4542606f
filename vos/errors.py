"""`vos` raises the core's errors under its own name: VosError and its two kinds."""

from seggpt_core.errors import InputError, WorkError
from seggpt_core.errors import SegGPTError as VosError

__all__ = ["InputError", "VosError", "WorkError"]
