"""Mask files of a data set: stricter than a user's masks, since a guess here would be a wrong score."""

from pathlib import Path

import numpy as np
import PIL.Image

from vos.datasets.description import LabelRule, VideoSequence
from vos.errors import InputError
from vos.io import mask_name
from vos.types import VOID, LabelMap

_MODES = ("1", "L", "P")


def read_truth(sequence: VideoSequence, position: int) -> LabelMap:
    """True ids of one frame, (H, W) uint8; 255 is void.

    InputError naming the file if it is missing, damaged, not an indexed or 8-bit grey image, of another
    size than the frames, or holds values that the sequence's rule does not know.
    """
    return _read(sequence, sequence.annotations / mask_name(sequence.stems[position]))


def read_prompts(sequence: VideoSequence) -> dict[int, LabelMap]:
    """Position → the mask that the tracker is given there: the objects that first appear in that frame, and void.

    A later mask says nothing of objects that were given before; there they are 0, unlabelled.
    """
    prompts = {}
    for position in sequence.prompts:
        truth = read_truth(sequence, position)
        given = [one.id for one in sequence.objects if one.prompt == position]
        prompts[position] = np.where(np.isin(truth, [*given, VOID]), truth, 0).astype(np.uint8)
    return prompts


def read_prediction(sequence: VideoSequence, position: int, folder: Path) -> LabelMap:
    """Predicted ids of one frame from `folder`/<stem>.png, (H, W) uint8.

    InputError as in `read_truth`, and for an id above the sequence's highest (255 too: a prediction has no
    void). The official tool ends there as well.
    """
    path = folder / mask_name(sequence.stems[position])
    ids = _read(sequence, path)
    highest = int(ids.max(initial=0))
    if highest > sequence.ids[-1]:
        raise InputError(f"{path}: holds id {highest}, but the sequence's highest is {sequence.ids[-1]}")
    return ids


def _read(sequence: VideoSequence, path: Path) -> LabelMap:
    values = read_values(path)
    if values.shape != sequence.size:
        (height, width), (needed_height, needed_width) = values.shape, sequence.size
        raise InputError(
            f"{path}: is {width}x{height} pixels, but the frames are {needed_width}x{needed_height} (width x height)"
        )
    return values if sequence.labels is LabelRule.IDS else _foreground(values, path)


def read_values(path: Path) -> LabelMap:
    """Values of an indexed or 8-bit grey image as they are stored, (H, W) uint8."""
    try:
        with PIL.Image.open(path) as picture:
            if picture.mode not in _MODES:
                raise InputError(f"{path}: is a {picture.mode} image; an indexed or 8-bit grey PNG is needed")
            return np.array(picture, dtype=np.uint8)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise InputError(f"{path}: cannot be read as an image ({error})") from error


def _foreground(values: LabelMap, path: Path) -> LabelMap:
    highest = int(values.max(initial=0))
    if highest not in (0, 1, VOID) or not ((values == 0) | (values == highest)).all():
        found = ", ".join(str(value) for value in np.unique(values)[:8])
        raise InputError(f"{path}: holds the values {found}; a foreground mask holds 0 and 255 (or 0 and 1) only")
    return (values > 0).astype(np.uint8)
