"""What sets have in common whose objects are described in a JSON file: some appear late, and few frames are scored."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from vos.datasets.description import Layer, ObjectTrack, VideoSequence
from vos.datasets.files import masked_positions, open_files
from vos.datasets.labels import read_values
from vos.datasets.place import Place
from vos.datasets.preset import DatasetPreset
from vos.errors import InputError
from vos.io import mask_name, object_ids
from vos.types import VOID

VideoT = TypeVar("VideoT", bound=BaseModel)
Positions = Callable[[int, Sequence[str]], tuple[int, ...]]
"""Object id and names of frames → their positions."""
MakeTracks = Callable[[Positions], Sequence[ObjectTrack]]


def parse_description(kind: type[VideoT], described: Any) -> VideoT:
    """What the file says of one sequence, as `kind`. InputError naming the field that does not fit."""
    try:
        return kind.model_validate(described)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, problem["loc"]))
        raise InputError(f"its description: {field}: {problem['msg'][0].lower()}{problem['msg'][1:]}") from error


def described_sequence(name: str, place: Place, preset: DatasetPreset, make_tracks: MakeTracks) -> VideoSequence:
    """The sequence with the objects that `make_tracks` makes of its description.

    A submission holds every frame in which an object is given or scored. InputError with what is missing or does not
    fit: frames, ids, or a mask in which an object should appear and does not.
    """
    files = open_files(name, place, preset)
    places = {stem: position for position, stem in enumerate(files.stems)}
    objects = tuple(sorted(make_tracks(lambda one, frames: _positions(one, frames, places)), key=lambda one: one.id))
    others = [str(one.id) for one in objects if not 0 < one.id < VOID]
    if others:
        raise InputError(f"its description: object {', '.join(others)}: ids are 1..{VOID - 1}")
    masked = set(masked_positions(files.annotations, files.stems))
    _require_prompts(objects, files)
    scored = {position for one in objects for position in one.scored}
    truth = scored <= masked
    return replace(
        files,
        layers=(Layer(folder="", objects=objects if truth else tuple(replace(one, scored=()) for one in objects)),),
        required=tuple(sorted({*scored, *(one.prompt for one in objects)})),
        truth=truth,
    )


def _positions(one: int, frames: Sequence[str], places: dict[str, int]) -> tuple[int, ...]:
    missing = [frame for frame in frames if frame not in places]
    if missing:
        raise InputError(f"its description: object {one}: no frame {', '.join(missing)}")
    return tuple(sorted({places[frame] for frame in frames}))


def _require_prompts(objects: Sequence[ObjectTrack], files: VideoSequence) -> None:
    for position in sorted({one.prompt for one in objects}):
        path = files.annotations / mask_name(files.stems[position])
        found = object_ids(read_values(path))
        missing = [str(one.id) for one in objects if one.prompt == position and one.id not in found]
        if missing:
            raise InputError(f"{path}: does not hold object {', '.join(missing)}, which should first appear here")
