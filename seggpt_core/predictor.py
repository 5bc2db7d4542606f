"""Images in context: a few pictures with their label maps say what to look for, and every query gets its own.

    predictor = Predictor(model, [(image, ids), ...])
    prediction = predictor.predict(query)

Objects, parts, stuff, contours or text alike: a class is whatever its examples show. Arrays and tensors both go in:

- a picture is a (H, W, 3) uint8 array or tensor, RGB, 0..255, or a (3, H, W) floating tensor, RGB, 0..1, whose
  values are rounded to 256 levels, so that a picture gives the same result in each form;
- a label map is a (H, W) uint8 array or tensor: 0 background, 1..254 classes, 255 void, which is neither.

Arrays come out. Shape suffixes: H, W a picture's own size, h, w the model's output size, N classes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seggpt_core import canvas, palette
from seggpt_core.errors import InputError
from seggpt_core.passes import VOID, check_labels, describe, encode_labels, encode_picture, group_ids, segment_groups
from seggpt_core.prompt import InContextModel, PromptSet

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Picture = Bytes | Tensor
LabelMap = Bytes | Tensor

_SIZES_KEPT = 4
"""Model input sizes for which encoded prompts are kept: queries of many aspects must not fill the memory."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Prediction:
    """What one query holds."""

    ids: Bytes
    """(H, W) uint8 at the query's own size: 0 background, else one of `classes`; never void."""
    classes: tuple[int, ...]
    """The N ids of the prompts, ascending, whether the query holds them or not."""
    passes: tuple[Tensor, ...]
    """What each pass says, (1+n, h, w) float32 probabilities, background first, on the model's device."""

    @property
    def probabilities(self) -> Floats:
        """(N, h, w) float32, 0..1, at the model's output size, in the order of `classes`; 1 minus their sum is
        the background's."""
        return np.asarray(palette.merge_passes(self.passes)[1:].cpu().numpy())

    def planes(self) -> Iterator[tuple[int, Floats]]:
        """Each class and its probability at the query's own size, (H, W) float32, 0..1, one class at a time.

        Where a class's own is the largest, and larger than the background's, `ids` names it.
        """
        size = (self.ids.shape[0], self.ids.shape[1])
        for identity, plane in zip(self.classes, palette.merged_planes(self.passes, size), strict=True):
            yield identity, np.asarray(plane.cpu().numpy())


class Predictor:
    """A model and the prompts that every query is segmented from."""

    def __init__(
        self,
        model: InContextModel,
        prompts: Sequence[tuple[Picture, LabelMap]],
        *,
        pixels: int = 320 * 576,
        size: tuple[int, int] | None = None,
    ) -> None:
        """prompts: one or more pictures, each with the label map of its own size; sizes may differ between them.

        The same id in several prompts is the same class. A class that a prompt does not hold is background there:
        where a picture shows it all the same, mark it as void.

        Prompts and query are resized to one model input: `size` (height, width), multiples of `model.multiple`, or
        what the model is made for, or the query's aspect with about so many pixels. Raises InputError for a prompt
        or size that does not fit these words, and for an empty label map.
        """
        if not prompts:
            raise InputError("no prompts: at least one picture with its label map is needed")
        if size is not None:
            canvas.check_size(size, model.multiple)
        self._model = model
        self._pixels = pixels
        self._size = size
        self._prompts = [_checked(prompt, number) for number, prompt in enumerate(prompts, start=1)]
        self.classes = tuple(sorted(set(chain.from_iterable(classes for _, _, classes in self._prompts))))
        self._groups = group_ids(self.classes, model.slots)
        self._encoded: dict[tuple[int, int], PromptSet] = {}

    @torch.inference_mode()
    def predict(self, query: Picture) -> Prediction:
        """Segment one picture. Prompts are encoded once for all queries of one model input size.

        Raises InputError for anything but a picture, and where the model does not take the input's size.
        """
        image = _picture(query, "the query")
        height, width = image.shape[:2]
        frame = encode_picture(self._model, image, self._size, self._pixels)
        passes = segment_groups(self._model, frame, self._prompt_set(frame.valid.size), self._groups)
        ids = palette.label_map(passes, self._groups, (height, width))
        return Prediction(ids=np.asarray(ids.cpu().numpy()), classes=self.classes, passes=tuple(passes))

    def _prompt_set(self, size: tuple[int, int]) -> PromptSet:
        if size not in self._encoded:
            if len(self._encoded) == _SIZES_KEPT:
                del self._encoded[next(iter(self._encoded))]
            self._encoded[size] = self._encode(size)
        return self._encoded[size]

    def _encode(self, size: tuple[int, int]) -> PromptSet:
        model = self._model
        prompts = []
        for image, labels, _ in self._prompts:
            frame = encode_picture(model, image, size, self._pixels)
            prompts.append(encode_labels(model, frame, labels, labels != VOID, self._groups))
        return model.prepare(prompts)


def _checked(prompt: tuple[Picture, LabelMap], number: int) -> tuple[Bytes, Bytes, tuple[int, ...]]:
    """Picture, label map and classes of a prompt; copies, since they are encoded later."""
    if len(prompt) != 2:
        raise InputError(f"prompt {number} has {len(prompt)} items: a picture and its label map are needed")
    image = _picture(prompt[0], f"the picture of prompt {number}")
    labels = _array(prompt[1])
    size = (image.shape[0], image.shape[1])
    classes = check_labels(labels, size, what=f"the label map of prompt {number}", picture="its picture")
    return image.copy(), np.array(labels, np.uint8, order="C"), classes


def _picture(image: object, what: str) -> Bytes:
    """As an array (H, W, 3) uint8."""
    floats = isinstance(image, Tensor) and image.is_floating_point() and image.ndim == 3 and image.numel()
    array = _from_floats(image, what) if isinstance(image, Tensor) and floats else _array(image)
    if not isinstance(array, np.ndarray) or not _is_rgb(array):
        raise InputError(
            f"{what} is {describe(image)}: it must be RGB, uint8 of shape (height, width, 3) "
            "or a float tensor in 0..1 of shape (3, height, width)"
        )
    return np.ascontiguousarray(array)


def _is_rgb(array: npt.NDArray[Any]) -> bool:
    return array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] == 3 and array.size > 0


def _from_floats(image: Tensor, what: str) -> Bytes:
    """(3, H, W) in 0..1 to (H, W, 3) uint8."""
    low, high = image.min().item(), image.max().item()
    if not (low >= 0 and high <= 1):  # NaN is neither
        raise InputError(f"{what} is a float tensor with values in {low:g}..{high:g}: they must be in 0..1")
    levels = (image.detach().float() * 255).round().to(torch.uint8)
    return np.asarray(levels.permute(1, 2, 0).cpu().numpy())


def _array(value: object) -> object:
    """A uint8 tensor as an array; anything else as it is, for the caller to judge."""
    return value.cpu().numpy() if isinstance(value, Tensor) and value.dtype == torch.uint8 else value
