"""Mattes of a segmentation, computed once and handed to every writer."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from vos.errors import InputError
from vos.io.mattes import MatteWriter
from vos.types import Frame, Plane, Segmentation

ALL = 0
"""In the place of an object's id: all objects together."""


class MatteSink:
    """Sink: hands each object's matte, or all objects' together, to its writers; never holds more than one or two."""

    def __init__(self, writers: Mapping[int, Sequence[MatteWriter]]) -> None:
        """writers: by object id, or those of `ALL`. An object that is not tracked yet has an empty matte."""
        self._writers = writers

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        """Raises WorkError when a file cannot be written, InputError for a segmentation without soft masks."""
        for identity, plane in mattes(segmentation, tuple(self._writers)):
            for writer in self._writers[identity]:
                writer.write(frame, plane)

    def close(self) -> None:
        for writer in self._all():
            writer.close()

    def abort(self) -> None:
        for writer in self._all():
            writer.abort()

    def _all(self) -> Iterator[MatteWriter]:
        for writers in self._writers.values():
            yield from writers


def mattes(segmentation: Segmentation, wanted: Sequence[int]) -> Iterator[tuple[int, Plane]]:
    """(id, plane) of each object id wanted, in no order; `ALL` is the sum of all objects.

    An object that the segmentation does not know has an empty plane.
    """
    if segmentation.soft is None:
        raise InputError(f"frame {segmentation.index}: mattes need soft masks, and this segmentation has none")
    left = set(wanted) - {ALL}
    total = np.zeros(segmentation.ids.shape, np.float32)
    for identity, plane in segmentation.soft.planes():
        if ALL in wanted:
            total += plane
        if identity in left:
            left.remove(identity)
            yield identity, plane
    for identity in left:
        yield identity, np.zeros_like(total)
    if ALL in wanted:
        yield ALL, total.clip(0, 1)
