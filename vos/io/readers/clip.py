"""A clip whose pictures another library decodes; numbers and times are those that PyAV finds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vos.errors import VosError, WorkError
from vos.io.clip import frame_stem
from vos.io.colour import BT709, UNSPECIFIED, assumed_matrix
from vos.io.frame_range import FrameRange, select_frames
from vos.io.probe import VideoFacts
from vos.io.readers.source import Source, Unfit, first_line
from vos.io.video import VideoClip, describe_video
from vos.types import DeviceFrame, Frame, Image

if TYPE_CHECKING:
    from torch import Tensor

_MEAN_DIFFERENCE = 2.0
"""Levels of 255 by which a first picture may differ from PyAV's on average: more than ways to enlarge chroma do, less
than a wrong matrix, range or turn."""


class SourceClip:
    """A video file's pictures by another library, upright, on the device where it puts them."""

    def __init__(self, facts: VideoFacts, frames: FrameRange | None, source: Source, device: str) -> None:
        """Raises Unfit if the library is missing, or does not give the pictures that PyAV gives; InputError for a
        range outside the clip."""
        self._facts, self._source, self._device = facts, source, device
        self.info = replace(describe_video(facts), reader=source.name)
        self.frames = select_frames(facts.path, facts.count, frames, facts.first_at)
        _require_known(facts, source, device)
        self._require_first_picture()

    def stems(self) -> Sequence[str]:
        return [frame_stem(index) for index in self.frames]

    def __iter__(self) -> Iterator[Frame]:
        index = self.frames.start
        try:
            for picture in self._source.pictures(self._facts, self._device, self.frames):
                yield self._frame(index, self._upright(picture))
                index += 1
        except VosError:
            raise
        except Exception as error:  #  foreign libraries raise what they like
            raise self._failure(index, first_line(error)) from error
        if index < self.frames.stop:
            raise self._failure(index, "it ends there")

    def _frame(self, index: int, picture: "Image | Tensor") -> Frame:
        height, width = picture.shape[:2]
        if (width, height, picture.shape[2]) != (self.info.width, self.info.height, 3):
            raise WorkError(f"{self._facts.path}: {self._source.name} gives frame {index} as {width}x{height} pixels")
        times = self._facts.times
        pts = None if times is None else int(times[index])
        stem, time_base = frame_stem(index), self._facts.time_base
        if isinstance(picture, np.ndarray):
            return Frame(index=index, image=picture, stem=stem, pts=pts, time_base=time_base)
        return DeviceFrame(index=index, tensor=picture, stem=stem, pts=pts, time_base=time_base)

    def _upright(self, picture: Any) -> "Image | Tensor":
        if self._source.turns:
            return picture
        return self._facts.orientation.apply(picture)

    def _require_first_picture(self) -> None:
        expected = next(iter(VideoClip(self._facts, (0, 1)))).image
        try:
            found = self._frame(0, self._upright(next(self._source.pictures(self._facts, self._device, range(1)))))
        except Unfit:
            raise
        except Exception as error:  #  whatever it is, the library cannot read this clip
            raise Unfit(f"it cannot decode the first frame ({first_line(error)})") from error
        difference = float(np.abs(found.image.astype(np.int16) - expected).mean())
        if difference > _MEAN_DIFFERENCE:
            raise Unfit(f"its first frame differs from PyAV's by {difference:.1f} levels on average")

    def _failure(self, index: int, reason: str) -> VosError:
        """What PyAV says of the frame, if it cannot read it either; else that the library has failed."""
        try:
            list(VideoClip(self._facts, (index, index + 1)))
        except VosError as error:
            return error
        name = self._source.name
        return WorkError(f"{self._facts.path}: {name} fails at frame {index} ({reason}); --reader pyav can read it")


def _require_known(facts: VideoFacts, source: Source, device: str) -> None:
    kind = device.partition(":")[0]
    if kind not in source.devices:
        raise Unfit(f"it cannot decode to the device {kind!r}")
    if facts.times is None:
        raise Unfit("the file does not tell every frame's time, by which frames could be told apart")
    if facts.lost_end:
        raise Unfit(facts.lost_end)
    assumed = assumed_matrix(facts.colour.matrix, facts.width, facts.height)
    if source.own_matrix and facts.colour.matrix == UNSPECIFIED and assumed == BT709:
        raise Unfit("it takes BT.601 for HD video without a colour tag")
