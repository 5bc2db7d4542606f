from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vos.crop import whole
from vos.memory.policies import Policy, PolicyName, Record


def record(index: int, shown: Iterable[int] = (1,), objects: Iterable[int] = (1,), confidence: float = 0.9) -> Record:
    shown = set(shown)
    return Record(
        index=index,
        confidence={identity: confidence if identity in shown else 0.0 for identity in objects},
        areas={identity: 0.1 if identity in shown else 0.0 for identity in objects},
        crop=whole((8, 8)),
    )


def after(policy: Policy, records: Iterable[Record]) -> list[int]:
    """What is kept when the frames come one by one."""
    kept: list[Record] = []
    for one in records:
        chosen = policy.choose([*kept, one])
        kept = [each for each in [*kept, one] if each.index in chosen]
    return [one.index for one in kept]


def test_recent_keeps_the_last():
    assert after(Policy(name="recent", frames=3), map(record, range(10))) == [7, 8, 9]


@pytest.mark.parametrize(
    ("frames", "last", "expected"),
    [(4, 18, [8, 12, 16, 18]), (4, 16, [4, 8, 12, 16]), (1, 18, [18]), (2, 18, [16, 18]), (6, 3, [0, 3])],
)
def test_stride_keeps_the_last_and_spread_ones_behind_it(frames: int, last: int, expected: list[int]):
    assert after(Policy(name="stride", frames=frames, stride=4), map(record, range(last + 1))) == expected


@pytest.mark.parametrize("name", ["recent", "stride", "gated"])
def test_nothing_is_kept_with_no_frames(name: PolicyName):
    assert after(Policy(name=name, frames=0, stride=4), map(record, range(10))) == []


@pytest.mark.parametrize("name", ["recent", "stride", "gated"])
def test_frames_without_the_object_push_nothing_out(name: PolicyName):
    policy = Policy(name=name, frames=3, stride=4)
    seen = [record(index) for index in range(18)]
    gone = [record(index, shown=()) for index in range(18, 60)]
    assert after(policy, seen + gone) == after(policy, seen)


def test_gated_skips_frames_that_are_unsure():
    records = [record(index, confidence=0.2 if index >= 13 else 0.9) for index in range(30)]
    assert after(Policy(name="gated", frames=4, stride=4, min_confidence=0.3), records) == [0, 4, 8, 12]
    assert after(Policy(name="stride", frames=4, stride=4, min_confidence=0.3), records) == [20, 24, 28, 29]


def test_an_object_that_has_gone_keeps_the_latest_spread_frame_that_shows_it():
    records = [record(index, shown=(1, 2) if index < 20 else (1,), objects=(1, 2)) for index in range(60)]
    assert after(Policy(name="stride", frames=6, stride=4), records) == [16, 44, 48, 52, 56, 59]


def test_objects_that_have_gone_leave_half_of_the_places():
    records = [record(index, shown=[1, *range(index // 4, 10)], objects=range(1, 10)) for index in range(60)]
    kept = after(Policy(name="stride", frames=7, stride=4), records)
    assert len(kept) == 7
    assert kept[-4:] == [48, 52, 56, 59]


@given(
    st.sampled_from(["recent", "stride", "gated"]),
    st.integers(0, 8),
    st.integers(1, 6),
    st.lists(st.tuples(st.frozensets(st.integers(1, 4)), st.floats(0, 1)), max_size=40),
)
def test_the_bound_holds_and_the_latest_sighting_stays(
    name: PolicyName, frames: int, stride: int, clip: list[tuple[frozenset[int], float]]
):
    records = [record(index, shown, range(1, 5), confidence) for index, (shown, confidence) in enumerate(clip)]
    kept = after(Policy(name=name, frames=frames, stride=stride, min_confidence=0.5), records)
    assert len(kept) <= frames
    assert kept == sorted(set(kept))
    limit = 0.5 if name == "gated" else 0.0
    sightings = [index for index, (shown, confidence) in enumerate(clip) if shown and confidence >= limit]
    if frames and sightings:
        assert kept[-1] == sightings[-1]
