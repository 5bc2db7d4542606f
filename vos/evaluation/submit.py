"""A submission: the masks that a benchmark's server asks for, in the layout that it reads.

Layouts are those of the servers' own scripts where they are public (`evaluation_codalab.py` of davis2017-evaluation
and of lvos-evaluation, MOSE-api's instructions); that of YouTube-VOS is not, and is as the field's tools write it.
"""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image

from vos.datasets import Dataset, LabelRule, Problems, frame_name, read_prediction
from vos.errors import InputError
from vos.evaluation.predictions import listed_problems, with_folders
from vos.io import DAVIS_PALETTE, mask_name
from vos.io.atomic import replacing
from vos.types import LabelMap

_TOP: Mapping[str, str] = {
    "davis2016": "",
    "davis2017": "",
    "youtubevos2018": "Annotations/",
    "youtubevos2019": "Annotations/",
    "mosev1": "",
    "mosev2": "",
    "lvosv1": "Annotations/",
    "lvosv2": "Annotations/",
    "vost": "",
}
"""The folder in the zip that holds one folder a sequence."""
_SERVED = {
    ("davis2017", "test-dev"),
    ("youtubevos2018", "val"),
    ("youtubevos2019", "val"),
    ("mosev1", "val"),
    ("mosev2", "val"),
    ("lvosv1", "test"),
}
"""Sets and splits whose truth is kept by a server that takes submissions at any time."""
_NEVER_CHANGING_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """A zip that was written."""

    path: Path
    sequences: int
    masks: int
    served: bool
    """Whether there is a server that takes it at any time."""


def write_submission(
    dataset: Dataset, results: Path, out: Path, on_mask: Callable[[], None] = lambda: None
) -> Submission:
    """Write the masks `results`/<sequence>/<frame>.png that the server requires of `dataset` into the zip `out`.

    Indexed PNGs with the palette of DAVIS; 0 and 255 where a mask has no ids. The same masks give the same bytes.
    InputError with every mask that is missing, damaged or does not fit, and every one of no sequence or frame of the
    set; nothing is written then.
    """
    if dataset.name not in _TOP:
        raise InputError(f"{dataset.name}: no server's layout is known for it; there is one for {', '.join(_TOP)}")
    problems = _listed_problems(dataset, results)
    masks = 0
    with replacing(out) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for sequence in with_folders(dataset, results).sequences:
            (layer,) = sequence.layers  # only SA-V has several, and no server
            for position in sequence.required:
                with problems.collecting(frame_name(sequence, layer, position)):
                    ids = read_prediction(sequence, layer, position, results / sequence.name)
                    name = f"{_TOP[dataset.name]}{sequence.name}/{mask_name(sequence.stems[position])}"
                    archive.writestr(_entry(name), _png(ids, sequence.labels))
                    masks += 1
                on_mask()
        problems.refuse(f"results in {results}")
    served = (dataset.name, dataset.split) in _SERVED
    return Submission(path=out, sequences=len(dataset.sequences), masks=masks, served=served)


def _listed_problems(dataset: Dataset, results: Path) -> Problems:
    """What can be seen without reading a mask."""
    problems = listed_problems(dataset, results)
    names = {sequence.name for sequence in dataset.sequences}
    for folder in sorted(results.iterdir()):
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in names:
            problems.add(f"{folder.name}: {folder} is of no sequence of the set")
    return problems


def _entry(name: str) -> zipfile.ZipInfo:
    """Nothing in it depends on when, where and by whom it was made."""
    entry = zipfile.ZipInfo(name, _NEVER_CHANGING_TIME)
    entry.create_system = 3
    entry.external_attr = _READABLE
    return entry


def _png(ids: LabelMap, rule: LabelRule) -> bytes:
    if rule is LabelRule.FOREGROUND:
        picture = PIL.Image.fromarray(np.where(ids > 0, 255, 0).astype(np.uint8), mode="L")
    else:
        picture = PIL.Image.fromarray(ids, mode="L")
        picture.putpalette(DAVIS_PALETTE.tobytes())
    content = io.BytesIO()
    picture.save(content, format="PNG")
    return content.getvalue()


def required_masks(dataset: Dataset) -> int:
    """How many masks a submission holds."""
    return sum(len(sequence.required) for sequence in dataset.sequences)
