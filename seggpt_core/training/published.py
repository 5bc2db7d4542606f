"""The published model in training."""

import dataclasses
from collections.abc import Callable

from torch import Tensor

from seggpt_core.errors import InputError
from seggpt_core.model import SegGPT
from seggpt_core.published_files import ARCHITECTURE
from seggpt_core.stacking import query_colours, stack_canvases
from seggpt_core.training.batch import Batch


class PublishedLearner:
    """Trains a `SegGPT` with frame 0 of each clip as the only prompt and every later frame as a query.

    The model has no notion of an unknown pixel: in the prompt it is painted as background.
    """

    model = ARCHITECTURE

    def __init__(self, net: SegGPT) -> None:
        self.net = net
        self.sizes = dataclasses.asdict(net.config)
        # Every clip is painted as an instance task, which leaves the other token without a gradient.
        net.type_token_cls.requires_grad_(False)

    def initialise(self, make_batch: Callable[[], Batch]) -> None:
        """Nothing is fitted to data."""

    def unfreeze(self) -> None:
        """All that has a gradient learns from the start."""

    def compile(self) -> None:
        """The whole network."""
        self.net.compile()

    def paint(self, batch: Batch) -> Tensor:
        """See `Learner.paint`; h, w are H, W, which must be half of the net's canvas."""
        clips, length, _, height, width = batch.images.shape
        rows, columns = self.net.config.canvas
        if (2 * height, width) != (rows, columns):
            raise InputError(f"frames of {height}x{width}: this model's canvas takes {rows // 2}x{columns}")
        target, _ = batch.target(0)
        later = length - 1
        canvases = stack_canvases(
            batch.images[:, :1].repeat_interleave(later, dim=0),
            target[:, None].repeat_interleave(later, dim=0),
            batch.images[:, 1:].flatten(0, 1),
            self.net.config.patch,
        )
        return query_colours(self.net(*canvases, kind="instance")).unflatten(0, (clips, later))
