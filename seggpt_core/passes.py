"""Label maps through a model that tells few objects apart at once: ids are checked, grouped into passes, painted
as prompts, and read back.

Shape suffixes: H, W a picture's own size, h, w the model's output size, n the objects of one pass.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seggpt_core import canvas, palette
from seggpt_core.errors import InputError
from seggpt_core.palette import TETRAHEDRON, Palette
from seggpt_core.prompt import FrameFeatures, InContextModel, PromptFeatures, PromptSet
from seggpt_core.window import WHOLE, Window

Group = tuple[int, ...]
"""Object ids of one pass, in the order of their slots."""

VOID = 255
"""Id of pixels that nobody knows: neither object nor background."""


def check_labels(labels: object, size: tuple[int, int], *, what: str, picture: str) -> Group:
    """The object ids of a label map for a picture of `size` (height, width), ascending.

    Raises InputError, which calls the two `what` and `picture`, if it is not a (H, W) uint8 array of that size
    with at least one id of 1..254; 255 is void.
    """
    if not isinstance(labels, np.ndarray) or labels.dtype != np.uint8 or labels.ndim != 2:
        raise InputError(f"{what} is {describe(labels)}: it must be a uint8 array of shape (height, width)")
    if labels.shape != size:
        raise InputError(
            f"{what} is {labels.shape[0]}x{labels.shape[1]} (height x width), but {picture} is "
            f"{size[0]}x{size[1]}: both must have one size"
        )
    found = np.flatnonzero(np.bincount(labels.ravel(), minlength=VOID + 1)[:VOID])
    objects = tuple(int(identity) for identity in found if identity != 0)
    if not objects:
        raise InputError(f"{what} is empty: it must hold at least one object id of 1..254")
    return objects


def describe(value: object) -> str:
    """What a caller gave instead of an array that was wanted, for messages."""
    if isinstance(value, (np.ndarray, Tensor)):
        return f"{value.dtype} of shape {tuple(value.shape)}"
    return type(value).__name__


def encode_picture(
    model: InContextModel,
    image: npt.NDArray[np.uint8] | Tensor,
    size: tuple[int, int] | None,
    pixels: int,
    window: Window = WHOLE,
) -> FrameFeatures:
    """A picture (H, W, 3) uint8 RGB through the model's first call, resized to `input_size`; window: the part of a
    larger one that it is."""
    chosen = input_size(model, (image.shape[0], image.shape[1]), size, pixels)
    return model.encode_frame(canvas.to_model_image(image, chosen, model.device, model.resampling), window)


def input_size(
    model: InContextModel, picture: tuple[int, int], size: tuple[int, int] | None, pixels: int
) -> tuple[int, int]:
    """Height and width of the model's input for a picture of (height, width): `size` if given, else what the model is
    made for, else about so many `pixels` at the picture's aspect."""
    return size or model.input_size or canvas.fit_size(*picture, pixels, model.multiple)


def group_ids(ids: Sequence[int], slots: int, colours: Palette = TETRAHEDRON) -> tuple[Group, ...]:
    """The ids, in their order, in as few passes as they fit; slots: how many the model tells apart in one."""
    width = min(slots, colours.slots)
    return tuple(tuple(ids[first : first + width]) for first in range(0, len(ids), width))


def encode_labels(
    model: InContextModel,
    frame: FrameFeatures,
    labels: npt.NDArray[np.uint8],
    known: npt.NDArray[np.bool_],
    groups: Sequence[Group],
    colours: Palette = TETRAHEDRON,
    trust: float = 1.0,
) -> PromptFeatures:
    """A frame as a prompt, from its label map.

    labels: (H, W) uint8; ids of no group are painted as background. known: (H, W) bool, false where the label
    must not vote. Both may have any size: they are resized to the frame's. trust: see `InContextModel.encode_prompts`.
    """
    ids, weight = torch.from_numpy(labels).to(model.device), torch.from_numpy(known).to(model.device).float()
    painted = (palette.colour_ids(ids, group, colours) for group in groups)
    targets = canvas.to_model_targets(painted, weight, frame.valid.size, model.resampling)
    return model.encode_prompts(frame, *targets, trust=trust)


def segment_groups(
    model: InContextModel,
    frame: FrameFeatures,
    prompts: PromptSet,
    groups: Sequence[Group],
    colours: Palette = TETRAHEDRON,
) -> list[Tensor]:
    """What each pass says of a frame: probabilities (1+n, h, w) that sum to 1, background first.

    groups, colours: those that the prompts were encoded with.
    """
    painted = model.segment(frame, prompts)
    decoded = palette.decode(painted, [len(group) for group in groups], colours)
    return [one[: 1 + len(group)] for group, one in zip(groups, decoded, strict=True)]
