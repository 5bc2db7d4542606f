from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vos.errors import InputError
from vos.exports.sink import ALL, MatteSink, wanted_planes
from vos.matte import Edges
from vos.types import Frame, Plane, Segmentation

AS_IT_IS = Edges(refine="none")
FRAME = Frame(index=0, image=np.zeros((2, 3, 3), np.uint8), stem="00000")


@dataclass
class Planes:
    """Soft masks as they are."""

    by_id: Mapping[int, Plane]

    pixel: float = 1.0

    def planes(self) -> Iterator[tuple[int, Plane]]:
        yield from self.by_id.items()


@dataclass
class Kept:
    """A writer that keeps what it is given."""

    whole_clip: bool = False
    written: list[Plane] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def write(self, frame: Frame, alpha: Plane) -> None:
        self.written.append(alpha.copy())

    def close(self) -> None:
        self.ends.append("close")

    def abort(self) -> None:
        self.ends.append("abort")


def segmentation(**planes: float) -> Segmentation:
    by_id = {int(name[1:]): np.full((2, 3), value, np.float32) for name, value in planes.items()}
    return Segmentation(index=0, ids=np.zeros((2, 3), np.uint8), soft=Planes(by_id))


@given(st.dictionaries(st.integers(1, 254), st.floats(0, 1), max_size=4), st.sets(st.integers(0, 254), max_size=5))
def test_every_matte_wanted_comes_once(values: dict[int, float], wanted: set[int]):
    total = sum(values.values()) or 1.0
    soft = Planes({one: np.full((2, 3), value / max(1.0, total), np.float32) for one, value in values.items()})
    found = [(identity, plane.copy()) for identity, plane in wanted_planes(soft, (2, 3), wanted)]
    assert sorted(identity for identity, _ in found) == sorted(wanted)
    for identity, plane in found:
        parts = values.values() if identity == ALL else [values.get(identity, 0.0)]
        np.testing.assert_allclose(plane, sum(parts) / max(1.0, total), atol=1e-6)
        assert plane.max() <= 1


def test_each_writer_gets_a_matte_a_frame():
    one, other, late = Kept(), Kept(), Kept()
    sink = MatteSink({3: [one, other], 9: [late]}, AS_IT_IS)
    sink.write(FRAME, segmentation(o3=0.5))
    sink.write(FRAME, segmentation(o3=0.25, o9=0.75))
    assert [float(plane.mean()) for plane in one.written] == [0.5, 0.25]
    assert [float(plane.mean()) for plane in other.written] == [0.5, 0.25]
    assert [float(plane.mean()) for plane in late.written] == [0.0, 0.75]
    sink.close()
    sink.abort()
    assert one.ends == other.ends == late.ends == ["close", "abort"]


def test_ids_alone_make_no_matte():
    with pytest.raises(InputError, match="frame 0: mattes need soft masks"):
        MatteSink({1: [Kept()]}, AS_IT_IS).write(FRAME, Segmentation(index=0, ids=np.zeros((2, 3), np.uint8)))


def test_edges_act_on_the_matte():
    kept = Kept()
    sink = MatteSink({ALL: [kept]}, Edges())
    sink.write(FRAME, segmentation(o1=0.375, o2=0.25))
    sink.write(FRAME, segmentation(o1=0.25, o2=0.125))
    assert [set(np.unique(plane)) for plane in kept.written] == [{1.0}, {0.0}]


def test_a_frame_of_an_earlier_run_goes_to_files_that_hold_the_whole_clip_alone():
    single, whole = Kept(), Kept(whole_clip=True)
    sink = MatteSink({1: [single, whole], 2: [single]}, Edges())
    sink.write(FRAME, replace(segmentation(o1=0.375, o2=0.25), stored=True))
    assert (len(single.written), len(whole.written)) == (0, 1)
    MatteSink({1: [single]}, Edges()).write(FRAME, Segmentation(index=0, ids=segmentation(o1=1.0).ids, stored=True))
    assert single.written == []
