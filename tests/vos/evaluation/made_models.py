"""Fast models for evaluations; in a file of their own, since worker processes import them by name."""

import os
import signal
import time
from pathlib import Path

import torch

from seggpt_core.prompt import FrameFeatures
from seggpt_core.window import WHOLE, Window
from tests.vos.fake_model import ShadeModel

FAST = f"{__name__}:Shades"
TROUBLE = f"{__name__}:Trouble"


class Shades(ShadeModel):
    """The fake model, as `vos.models.build_model` makes one. The text of the weights' file is their hash."""

    def __init__(self, *, weights: Path | None, device: torch.device) -> None:
        super().__init__()
        if weights is not None:
            self.weights_hash = weights.read_text()


class Trouble(Shades):
    """Fails at pictures that are taller than wide, in the way that a file beside its weights is named after."""

    def __init__(self, *, weights: Path | None, device: torch.device) -> None:
        super().__init__(weights=weights, device=device)
        assert weights is not None
        self._folder = weights.parent

    def encode_frame(self, image: torch.Tensor, window: Window = WHOLE) -> FrameFeatures:
        if image.shape[1] > image.shape[2]:
            if (self._folder / "broken").exists():
                raise KeyError("broken")
            if (self._folder / "killed").exists():
                os.kill(os.getpid(), signal.SIGKILL)
            if (self._folder / "stuck").exists():
                (self._folder / "stuck").write_text(str(os.getpid()))
                time.sleep(60)
        return super().encode_frame(image, window)
