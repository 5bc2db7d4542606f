"""Which part of a picture a model is shown."""

from dataclasses import astuple, dataclass

import torch
from torch import Tensor

from seggpt_core.errors import InputError


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle, in shares of the picture's height and width.

    Frames and prompts of one clip may be shown through windows of their own: a model that minds where things are
    compares their places in the picture. Raises InputError for one that is empty or reaches out of the picture.
    """

    top: float = 0.0
    left: float = 0.0
    height: float = 1.0
    width: float = 1.0

    def __post_init__(self) -> None:
        for start, extent in ((self.top, self.height), (self.left, self.width)):
            if start < 0 or extent <= 0 or start + extent > 1 + _ROUNDING:
                raise InputError(f"{self}: it must lie within the picture, 0 to 1, and not be empty")

    def tensor(self, device: torch.device) -> Tensor:
        """(4,) float32: top, left, height, width."""
        return torch.tensor(astuple(self), dtype=torch.float32, device=device)


_ROUNDING = 1e-9

WHOLE = Window()
"""The whole picture."""
