"""Mattes of a segmentation, computed once and handed to every writer."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from vos.errors import InputError
from vos.io.mattes import MatteWriter
from vos.matte import Edges, finish
from vos.types import Frame, Plane, Segmentation, SoftMasks

ALL = 0
"""In the place of an object's id: all objects together."""


class MatteSink:
    """Sink: hands each object's matte, or all objects' together, to its writers; never holds more than one or two."""

    def __init__(self, writers: Mapping[int, Sequence[MatteWriter]], edges: Edges) -> None:
        """writers: by object id, or those of `ALL`. An object that is not tracked yet has an empty matte."""
        self._writers = writers
        self._edges = edges

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        """Raises WorkError when a file cannot be written, InputError for a segmentation without soft masks."""
        waiting = {identity: [one for one in writers if one.whole_clip] for identity, writers in self._writers.items()}
        writers = waiting if segmentation.stored else self._writers
        if not any(writers.values()):
            return
        soft = segmentation.soft
        if soft is None:
            raise InputError(f"frame {frame.index}: mattes need soft masks, and this segmentation has none")
        for identity, plane in wanted_planes(soft, segmentation.ids.shape, tuple(writers)):
            matte = finish(frame.image, plane, soft.pixel, self._edges)
            for writer in writers[identity]:
                writer.write(frame, matte)

    def close(self) -> None:
        for writer in self._all():
            writer.close()

    def abort(self) -> None:
        for writer in self._all():
            writer.abort()

    def _all(self) -> Iterator[MatteWriter]:
        for writers in self._writers.values():
            yield from writers


def wanted_planes(soft: SoftMasks, size: tuple[int, ...], wanted: Collection[int]) -> Iterator[tuple[int, Plane]]:
    """(id, plane) of each object id wanted, in no order; `ALL` is the sum of all objects.

    size: (H, W) of the planes. An object that the soft masks do not know has an empty plane.
    """
    left = set(wanted) - {ALL}
    total = np.zeros(size, np.float32)
    for identity, plane in soft.planes():
        if ALL in wanted:
            total += plane
        if identity in left:
            left.remove(identity)
            yield identity, plane
    for identity in left:
        yield identity, np.zeros_like(total)
    if ALL in wanted:
        yield ALL, total.clip(0, 1)
