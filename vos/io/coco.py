"""Masks of a clip as one COCO file."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np

from vos.io.coco_rle import encode_rle
from vos.io.drawing import Area
from vos.io.streamed import StreamedText
from vos.types import Frame, Segmentation


class CocoWriter:
    """Sink: an image a frame (its id is the frame's number), an annotation for each object seen in it, run-length
    encoded, and a category an object (its id is the object's)."""

    def __init__(self, path: Path, names: Mapping[int, str], file_name: Callable[[Frame], str]) -> None:
        """names: of the objects to write, by id; file_name: what the frame's mask file is called."""
        self._file = StreamedText(path)
        self._names = names
        self._file_name = file_name
        self._images: list[str] = []
        self._annotations = 0

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        """Raises WorkError when the file cannot be written."""
        if not self._file.begun:
            self._file.write('{"annotations": [')
        height, width = segmentation.ids.shape
        image = {"id": frame.index, "file_name": self._file_name(frame), "width": width, "height": height}
        self._images.append(json.dumps(image))
        for identity in self._names:
            area = segmentation.ids == identity
            if not area.any():
                continue
            separator = ",\n" if self._annotations else "\n"
            self._annotations += 1
            annotation = {
                "id": self._annotations,
                "image_id": frame.index,
                "category_id": identity,
                "segmentation": encode_rle(area),
                "area": int(area.sum()),
                "bbox": _bounding_box(area),
                "iscrowd": 0,
            }
            self._file.write(separator + json.dumps(annotation))

    def close(self) -> None:
        """Finish the file; without a frame there is none."""
        if self._file.begun:
            categories = [json.dumps({"id": identity, "name": name}) for identity, name in self._names.items()]
            self._file.write(f'],\n"images": {_listed(self._images)},\n"categories": {_listed(categories)}}}\n')
        self._file.finish()

    def abort(self) -> None:
        """A failed run leaves no file."""
        self._file.drop()


def _bounding_box(area: Area) -> list[int]:
    """[x, y, width, height] in pixels."""
    return [int(side) for side in cv2.boundingRect(area.astype(np.uint8))]


def _listed(items: Iterable[str]) -> str:
    return "[\n" + ",\n".join(items) + "]"
