"""LVOS v1 and v2, in the layout that its authors ask for.

    <split>/JPEGImages/<sequence>/00000001.jpg
    <split>/Annotations/<sequence>/00000001.png
    <split>/<split>_meta.json                    videos → sequence → objects → id → frame_range {start, end, frame_nums}

Protocol of lvos-evaluation (`evaluation.py`): an object is scored in every fifth frame of its own range, of which the
first, where it is given, and the last are left out. Sequences are seen or unseen by a list of the evaluation.
"""

from typing import Any

from pydantic import BaseModel, Field

from vos.datasets.described import Positions, described_sequence, parse_description
from vos.datasets.description import ObjectTrack, VideoSequence
from vos.datasets.place import Place
from vos.datasets.preset import DatasetPreset
from vos.errors import InputError

_EVERY = 5


class _Range(BaseModel):
    start: int = Field(ge=0)
    end: int
    frame_nums: int = Field(ge=1)


class _Object(BaseModel):
    frame_range: _Range


class _Video(BaseModel):
    objects: dict[int, _Object] = Field(min_length=1)


def lvos_sequence(name: str, place: Place, preset: DatasetPreset, described: Any) -> VideoSequence:
    """One sequence; described: what the meta file says of it. InputError with what is missing or does not fit."""
    video = parse_description(_Video, described)
    group = "unseen" if name in preset.unseen else "seen"

    def make_tracks(positions: Positions) -> list[ObjectTrack]:
        return [_track(one, listed.frame_range, positions, group) for one, listed in video.objects.items()]

    return described_sequence(name, place, preset, make_tracks)


def _track(one: int, frames: _Range, positions: Positions, group: str) -> ObjectTrack:
    numbers = range(frames.start, frames.end, _EVERY)
    scored = [number for index, number in enumerate(numbers) if index not in (0, frames.frame_nums - 1)]
    if len(scored) != max(frames.frame_nums - 2, 0):
        raise InputError(
            f"its description: object {one}: frame_nums is {frames.frame_nums}, but every {_EVERY}th frame from "
            f"{frames.start} to {frames.end} makes {len(numbers)}"
        )
    (prompt,) = positions(one, [_stem(frames.start)])
    return ObjectTrack(
        id=one,
        name=str(one),
        prompt=prompt,
        scored=positions(one, [_stem(number) for number in scored]),
        group=group,
    )


def _stem(number: int) -> str:
    return f"{number:08d}"
