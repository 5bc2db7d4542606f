"""YouTube-VOS 2018 and 2019, as their zips unpack.

    valid/Annotations/<sequence>/<frame>.png        where objects first appear: a later mask holds the new ones alone
    valid/meta.json                                 videos → sequence → objects → id → {category, frames}
    valid_all_frames/JPEGImages/<sequence>/<frame>.jpg
    valid/JPEGImages/<sequence>/<frame>.jpg         every fifth frame of these

A tracker sees all frames, and the server wants the masks of those that `meta.json` lists. Ids need not be contiguous.
An object is given in the first frame listed for it and scored in the others. The server's own code is not public; seen
are the 65 categories of the training set.
"""

from typing import Any

from pydantic import BaseModel, Field

from vos.datasets.described import Positions, described_sequence, parse_description
from vos.datasets.description import ObjectTrack, VideoSequence
from vos.datasets.place import Place
from vos.datasets.preset import DatasetPreset


class _Object(BaseModel):
    category: str
    frames: list[str] = Field(min_length=1)


class _Video(BaseModel):
    objects: dict[int, _Object] = Field(min_length=1)


def youtube_vos_sequence(name: str, place: Place, preset: DatasetPreset, described: Any) -> VideoSequence:
    """One sequence; described: what `meta.json` says of it. InputError with what is missing or does not fit."""
    video = parse_description(_Video, described)

    def make_tracks(positions: Positions) -> list[ObjectTrack]:
        return [
            _track(one, positions(one, listed.frames), seen=listed.category in preset.seen)
            for one, listed in video.objects.items()
        ]

    return described_sequence(name, place, preset, make_tracks)


def _track(one: int, positions: tuple[int, ...], *, seen: bool) -> ObjectTrack:
    group = "seen" if seen else "unseen"
    return ObjectTrack(id=one, name=str(one), prompt=positions[0], scored=positions[1:], group=group)
