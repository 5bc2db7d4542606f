"""Video object segmentation in context: `vos.propagate(frames, masks)` yields a segmentation a frame.

Names are loaded when they are first used, so that `import vos` does not import PyTorch.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from vos.errors import InputError, VosError, WorkError
from vos.types import Frame, Segmentation

if TYPE_CHECKING:
    from vos.pipeline import propagate
    from vos.settings import TrackerSettings, load_tracker
    from vos.tracker import Tracker, build_tracker

__all__ = [
    "Frame",
    "InputError",
    "Segmentation",
    "Tracker",
    "TrackerSettings",
    "VosError",
    "WorkError",
    "build_tracker",
    "load_tracker",
    "propagate",
]

_HOMES = {
    "Tracker": "vos.tracker",
    "TrackerSettings": "vos.settings",
    "build_tracker": "vos.tracker",
    "load_tracker": "vos.settings",
    "propagate": "vos.pipeline",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("vos-in-context")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'vos' has no attribute {name!r}")
