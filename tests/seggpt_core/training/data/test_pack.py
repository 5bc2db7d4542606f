"""A pack is a smaller library of the same files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seggpt_core.errors import InputError
from seggpt_core.training.data.engine import sample
from seggpt_core.training.data.items import Blob
from seggpt_core.training.data.pack import Unit, choose, pack
from seggpt_core.training.data.settings import EngineConfig
from seggpt_core.training.data.shards import Library
from tests.seggpt_core.training.data.made_shards import WriteTar, every_kind, labelled


@pytest.fixture
def library(write_tar: WriteTar) -> Library:
    members = every_kind()
    for number in range(3, 30):
        members[f"ccp/{number}.webp"], members[f"ccp/{number}.png"] = labelled(number)
    return Library.open([write_tar("all.tar", members)])


def contents(library: Library) -> dict[str, bytes]:
    blobs = [blob for item in library.labelled for blob in (item.image, item.labels)]
    blobs += [item.image for item in (*library.cutouts, *library.backgrounds)]
    blobs += [blob for sequence in library.sequences for blob in sequence.frames]
    blobs += [blob for clip in library.clips for frame in clip.frames for blob in (frame.image, frame.labels)]
    return {blob.name: blob.read() for blob in blobs}


def test_a_pack_is_small_and_keeps_every_byte_of_what_it_takes(library: Library, tmp_path: Path) -> None:
    told = pack(library, tmp_path / "pack.tar", max_mb=0.4)
    assert (tmp_path / "pack.tar").stat().st_size <= 400_000
    packed = Library.open([tmp_path / "pack.tar"])
    before, after = contents(library), contents(packed)
    assert after.items() < before.items()
    assert packed.counts().keys() == library.counts().keys()
    assert {one.set_name: one.taken for one in told} == packed.counts()
    assert {one.set_name: one.there for one in told} == library.counts()
    assert 1 < packed.counts()["ccp"] < 30
    sample(packed, EngineConfig(), seed=1, index=0, size=(64, 64))


def test_all_is_taken_where_there_is_room(library: Library, tmp_path: Path) -> None:
    pack(library, tmp_path / "pack.tar", max_mb=10)
    assert contents(Library.open([tmp_path / "pack.tar"])) == contents(library)


def test_a_pack_is_the_same_every_time(library: Library, tmp_path: Path) -> None:
    pack(library, tmp_path / "one.tar", max_mb=0.4)
    pack(library, tmp_path / "other.tar", max_mb=0.4)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "other.tar").read_bytes()


def units(set_name: str, count: int, size: int) -> list[Unit]:
    path = Path("all.tar")
    return [Unit(set_name, f"{index:03d}", (Blob(path, 0, size - 512, str(index)),)) for index in range(count)]


def test_shares_follow_weights_and_what_is_left_over_goes_on() -> None:
    """Weights 3, 1 and 0.7: the first set is small, and leaves its share to the others."""
    sets = {
        "cutouts_caltech101": units("cutouts_caltech101", 2, 1024),
        "cutouts_tuxpaint": units("cutouts_tuxpaint", 100, 1024),
        "cutouts_openclipart": units("cutouts_openclipart", 100, 1024),
    }
    chosen = choose(sets, 36 * 1024 + 64)
    assert {name: len(found) for name, found in chosen.items()} == {
        "cutouts_caltech101": 2,
        "cutouts_tuxpaint": 20,
        "cutouts_openclipart": 14,
    }


def test_too_little_room_names_the_sets(library: Library, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"0\.0 MB: too little for one item of .*ccp"):
        pack(library, tmp_path / "pack.tar", max_mb=0.02)
    assert not (tmp_path / "pack.tar").exists()


def test_folders_are_refused(tmp_path: Path) -> None:
    for name in ("images", "masks"):
        (tmp_path / "own" / name).mkdir(parents=True)
        Image.fromarray(np.ones((32, 32), np.uint8)).save(tmp_path / "own" / name / "a.png")
    with pytest.raises(InputError, match="own: is a folder; only tar shards can be packed"):
        pack(Library.open([tmp_path / "own"]), tmp_path / "pack.tar", max_mb=1)
