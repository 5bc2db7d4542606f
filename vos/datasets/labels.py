"""Mask files of a data set: stricter than a user's masks, since a guess here would be a wrong score."""

from pathlib import Path

import numpy as np
import PIL.Image

from vos.datasets.description import LabelRule, Layer, VideoSequence
from vos.errors import InputError
from vos.io import mask_name
from vos.types import VOID, LabelMap

_MODES = ("1", "L", "P")


def read_truth(sequence: VideoSequence, layer: Layer, position: int) -> LabelMap:
    """True ids of one frame, (H, W) uint8; 255 is void.

    InputError naming the file if it is missing, damaged, not an indexed or 8-bit grey image, of another
    size than the frames, or holds values that the sequence's rule does not know.
    """
    return _read(sequence, mask_path(sequence, layer, position, sequence.annotations))


def read_prompts(sequence: VideoSequence, layer: Layer) -> dict[int, LabelMap]:
    """Position → the mask that the tracker is given there: the objects that first appear in that frame, and void.

    A later mask says nothing of objects that were given before; there they are 0, unlabelled.
    """
    prompts = {}
    for position in layer.prompts:
        truth = read_truth(sequence, layer, position)
        given = [one.id for one in layer.objects if one.prompt == position]
        prompts[position] = np.where(np.isin(truth, [*given, VOID]), truth, 0).astype(np.uint8)
    return prompts


def read_prediction(sequence: VideoSequence, layer: Layer, position: int, folder: Path) -> LabelMap:
    """Predicted ids of one frame from the sequence's folder of masks, (H, W) uint8.

    InputError as in `read_truth`. An id that is no object (255 too: a prediction has no void) becomes background
    where the benchmark drops such ids, and is an InputError else; the official tool of DAVIS ends there as well.
    """
    path = mask_path(sequence, layer, position, folder)
    ids = _read(sequence, path)
    if layer.ids[-1] == len(layer.ids) and int(ids.max(initial=0)) <= layer.ids[-1]:  # 1..n, and nothing above
        return ids
    known = np.isin(ids, (0, *layer.ids))
    if known.all():
        return ids
    if sequence.drops_other_ids:
        return np.where(known, ids, 0).astype(np.uint8)
    other = int(ids[~known].max())
    named = f"highest is {layer.ids[-1]}" if other > layer.ids[-1] else f"objects are {_listed(layer.ids)}"
    raise InputError(f"{path}: holds id {other}, but the sequence's {named}")


def mask_path(sequence: VideoSequence, layer: Layer, position: int, folder: Path) -> Path:
    """Where the mask of a frame lies, if `folder` holds the sequence's masks."""
    return folder / layer.folder / mask_name(sequence.stems[position])


def frame_name(sequence: VideoSequence, layer: Layer, position: int) -> str:
    """How messages name a frame: `<sequence> <frame>`, with the layer between where there are several."""
    return " ".join(filter(None, (sequence.name, layer.folder, sequence.stems[position])))


def mask_files(sequence: VideoSequence) -> list[str]:
    """Every mask of every frame, relative to the folder of the sequence's masks."""
    files = (Path(layer.folder) / mask_name(stem) for layer in sequence.layers for stem in sequence.stems)
    return [file.as_posix() for file in files]


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


def _read(sequence: VideoSequence, path: Path) -> LabelMap:
    values = read_values(path)
    if values.shape != sequence.size:
        (height, width), (needed_height, needed_width) = values.shape, sequence.size
        raise InputError(
            f"{path}: is {width}x{height} pixels, but the frames are {needed_width}x{needed_height} (width x height)"
        )
    return values if sequence.labels is LabelRule.IDS else _foreground(values, path)


def _foreground(values: LabelMap, path: Path) -> LabelMap:
    highest = int(values.max(initial=0))
    if highest not in (0, 1, VOID) or not ((values == 0) | (values == highest)).all():
        found = ", ".join(map(str, np.unique(values)[:8]))
        raise InputError(f"{path}: holds the values {found}; a foreground mask holds 0 and 255 (or 0 and 1) only")
    return (values > 0).astype(np.uint8)


def _listed(ids: tuple[int, ...]) -> str:
    return ", ".join(map(str, ids))
