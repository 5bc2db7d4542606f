from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import SUMMATION
from tests.vos.metrics import plain
from tests.vos.metrics.strategies import Mask, mask_pairs
from vos.metrics.frames import FrameMeasures, measure_frame
from vos.metrics.objects import FrameScore, ObjectScore, score_object
from vos.metrics.protocols import Protocol
from vos.metrics.summary import Summary

SEEN, MISSED, INVENTED, NOWHERE = (
    FrameMeasures(0.5, 0.7, 0.7, True, True),
    FrameMeasures(0.0, 0.0, 0.0, True, False),
    FrameMeasures(0.0, 0.0, 0.0, False, True),
    FrameMeasures(1.0, 1.0, 1.0, False, False),
)


def test_scores_an_object() -> None:
    assert _score(Protocol.DAVIS, [NOWHERE, SEEN, MISSED, MISSED], [3, 5, 6, 8]) == ObjectScore(
        sequence="a",
        object="7",
        group=None,
        frames=4,
        j=Summary(mean=0.375, recall=0.25, decay=0.75),
        f=Summary(mean=0.425, recall=0.5, decay=0.85),
        worst=FrameScore(position=6, j=0.0, f=0.0),
        extras={},
    )


def test_jf_is_the_mean_of_j_and_f() -> None:
    score = _score(Protocol.DAVIS, [SEEN])
    assert score is not None
    assert (score.jf, score.worst.jf) == pytest.approx((0.6, 0.6), abs=SUMMATION)


def test_extras_are_those_of_the_protocol() -> None:
    lvos, vost = (_score(protocol, [SEEN, SEEN]) for protocol in (Protocol.LVOS, Protocol.VOST))
    assert lvos is not None
    assert lvos.extras == {"V": 0.0}
    assert vost is not None
    assert vost.extras == {"J_last_mean": 0.5, "J_last_recall": 0.0, "J_last_decay": 0.0}


@pytest.mark.parametrize("protocol", list(Protocol))
def test_an_object_without_a_scored_frame_has_no_score(protocol: Protocol) -> None:
    assert _score(protocol, []) is None


@pytest.mark.parametrize("protocol", [protocol for protocol in Protocol if protocol is not Protocol.SAV])
def test_every_frame_counts_outside_sav(protocol: Protocol) -> None:
    score = _score(protocol, [NOWHERE, NOWHERE, INVENTED])
    assert score is not None
    assert score.frames == 3


@pytest.mark.parametrize(
    ("frames", "counted", "worst"),
    [
        pytest.param([NOWHERE, NOWHERE, SEEN, NOWHERE], 2, 2, id="from where the truth first has it"),
        pytest.param([NOWHERE, INVENTED, SEEN, NOWHERE], 3, 1, id="from where the prediction first has it"),
        pytest.param([SEEN, NOWHERE, MISSED], 3, 2, id="frames in between count"),
    ],
)
def test_sav_counts_frames_from_where_an_object_is_first_seen(
    frames: list[FrameMeasures], counted: int, worst: int
) -> None:
    score = _score(Protocol.SAV, frames)
    assert score is not None
    assert (score.frames, score.worst.position) == (counted, worst)


@pytest.mark.parametrize("frames", [[NOWHERE, NOWHERE], [NOWHERE, INVENTED]])
def test_sav_has_no_score_for_an_object_that_the_truth_never_has(frames: list[FrameMeasures]) -> None:
    assert _score(Protocol.SAV, frames) is None


@settings(max_examples=100, deadline=None)
@given(st.lists(mask_pairs(st.just((5, 7))), max_size=6))
def test_sav_equals_the_plain_definition(pairs: list[tuple[Mask, Mask]]) -> None:
    frames = [_measured(*pair) for pair in pairs]
    score, expected = _score(Protocol.SAV, frames), plain.sav(pairs)
    if expected is None:
        assert score is None
        return
    assert score is not None
    assert score.frames == len(expected[0])
    for summary, values in zip((score.j, score.f), expected, strict=True):
        assert (summary.mean, summary.recall, summary.decay) == pytest.approx(plain.statistics(values), abs=SUMMATION)


def test_positions_and_frames_must_match() -> None:
    with pytest.raises(ValueError, match="longer than argument 1"):
        _score(Protocol.DAVIS, [SEEN, SEEN], [1])


def _measured(truth: Mask, prediction: Mask) -> FrameMeasures:
    (measures,) = measure_frame(Protocol.SAV, truth.astype(np.uint8), prediction.astype(np.uint8), (1,))
    return measures


def _score(
    protocol: Protocol, frames: Sequence[FrameMeasures], positions: Sequence[int] | None = None
) -> ObjectScore | None:
    positions = range(len(frames)) if positions is None else positions
    return score_object(protocol, sequence="a", object="7", group=None, positions=positions, frames=frames)
