"""What looks like an object but lies apart from where the object was is another thing.

A model that is shown a part of every frame does not remember what lies beyond: a look-alike that comes in over the edge
was never seen as background. But the part is chosen such that an object cannot have left it, so as long as an object is
where it can be, nothing else is it.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vos.crop import Crop

_LEAST_HELD = 0.5
"""Share of a stranger's area that must be seen of the object itself: where less is, the object has come out from behind
something, and the rest is a leftover."""

Mask = npt.NDArray[np.bool_]


def without_strangers(probabilities: Tensor, reaches: Sequence[Crop | None], shown: Crop) -> Tensor:
    """(1+n, h, w) probabilities of background and n objects, with strangers counted as background.

    A stranger is a connected part of an object's pixels that lies wholly out of the object's reach, while enough of
    the object is within.
    reaches: where each object can be, in pixels of the frame, None where nothing is known; shown: the part of the frame
    that the probabilities are of.
    """
    winner = probabilities.argmax(dim=0).cpu().numpy()
    mended = probabilities
    for slot, reach in enumerate(reaches, start=1):
        strange = None if reach is None else _strangers(winner == slot, _within(reach, shown, winner.shape))
        if strange is not None:
            if mended is probabilities:
                mended = probabilities.clone()
            place = torch.from_numpy(strange).to(mended.device)
            mended[0] += mended[slot] * place
            mended[slot].masked_fill_(place, 0.0)
    return mended


def _strangers(mask: Mask, within: Mask) -> Mask | None:
    """The parts of a mask (h, w) that do not touch what is within reach; None where there are none."""
    if not (mask & ~within).any():
        return None
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    held = np.zeros(count, dtype=np.bool_)
    held[np.unique(parts[mask & within])] = True
    areas = stats[:, cv2.CC_STAT_AREA]
    strange = ~held & (_LEAST_HELD * areas <= areas[held].sum())
    strange[0] = False
    return np.asarray(strange[parts]) if strange.any() else None


def _within(reach: Crop, shown: Crop, shape: tuple[int, ...]) -> Mask:
    """Which of the (h, w) pixels that show a part of a frame have their middle in reach."""
    rows = shown.top + (np.arange(shape[0]) + 0.5) / shape[0] * shown.height
    columns = shown.left + (np.arange(shape[1]) + 0.5) / shape[1] * shown.width
    vertical = (rows >= reach.top) & (rows <= reach.top + reach.height)
    horizontal = (columns >= reach.left) & (columns <= reach.left + reach.width)
    return np.asarray(vertical[:, None] & horizontal)
