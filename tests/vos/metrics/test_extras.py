import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tolerances import SUMMATION
from tests.vos.metrics import plain
from vos.metrics.extras import object_extras, variability
from vos.metrics.frames import FrameMeasures
from vos.metrics.protocols import Protocol

FRACTIONS = st.floats(0, 1)
FRAMES = st.lists(st.builds(FrameMeasures, FRACTIONS, FRACTIONS, FRACTIONS, st.booleans(), st.booleans()), min_size=1)


@pytest.mark.parametrize("protocol", [Protocol.DAVIS, Protocol.YOUTUBEVOS, Protocol.SAV])
def test_most_protocols_have_none(protocol: Protocol) -> None:
    assert object_extras(protocol, _frames([0.5, 0.7])) == {}


@pytest.mark.parametrize(
    ("jf", "squared"),
    [
        pytest.param([0.5], 0.0, id="one frame"),
        pytest.param([0.2, 0.4, 0.6, 0.8], 0.05, id="0.05 exactly"),
        pytest.param([0.5, 0.51], 0.0, id="0.000025 is rounded down"),
        pytest.param([0.5, 0.516], 0.0001, id="0.000064 is rounded up"),
        pytest.param([0.1, 0.2, 0.4], 0.0156, id="0.015555…"),
    ],
)
def test_variability_is_the_root_of_a_rounded_variance(jf: list[float], squared: float) -> None:
    assert variability(jf) == pytest.approx(math.sqrt(squared), abs=SUMMATION)


@given(st.lists(FRACTIONS, min_size=1, max_size=500))
def test_variability_is_near_the_standard_deviation(jf: list[float]) -> None:
    ten_thousandths = variability(jf) ** 2 * 1e4
    assert ten_thousandths == pytest.approx(round(ten_thousandths), abs=1e4 * SUMMATION)
    assert abs(ten_thousandths - np.var(jf) * 1e4) <= 0.5 + 1e4 * SUMMATION


def test_lvos_takes_the_variability_of_j_and_f_together() -> None:
    frames = [FrameMeasures(0.4, 0.0, 0.0, True, True), FrameMeasures(0.8, 0.4, 0.4, True, True)]
    assert object_extras(Protocol.LVOS, frames) == pytest.approx({"V": 0.2}, abs=SUMMATION)


@pytest.mark.parametrize(
    ("j", "last"),
    [
        pytest.param([0.9], [0.9], id="1 frame: itself"),
        pytest.param([0.1, 0.9], [0.9], id="2 frames: from 1"),
        pytest.param([0.1, 0.2, 0.3, 0.9], [0.9], id="4 frames: from 3"),
        pytest.param([0.1, 0.2, 0.3, 0.8, 0.4], [0.8, 0.4], id="5 frames: from floor(3.75) = 3"),
        pytest.param([0.1, 0.2, 0.3, 0.4, 0.8, 0.4, 0.9], [0.4, 0.9], id="7 frames: from floor(5.25) = 5"),
    ],
)
def test_vost_looks_at_the_last_quarter(j: list[float], last: list[float]) -> None:
    mean, recall, decay = plain.statistics(last)
    expected = {"J_last_mean": mean, "J_last_recall": recall, "J_last_decay": decay}
    assert object_extras(Protocol.VOST, _frames(j)) == pytest.approx(expected, abs=SUMMATION)


@given(st.lists(FRACTIONS, min_size=1, max_size=400))
def test_vost_starts_where_the_official_formula_does(j: list[float]) -> None:
    mean, _, _ = plain.statistics(j[math.floor(len(j) * 0.75) :])
    assert object_extras(Protocol.VOST, _frames(j))["J_last_mean"] == pytest.approx(mean, abs=SUMMATION)


def test_mose_v2_scores_what_happens_when_an_object_goes_and_comes_back() -> None:
    """Seen, gone for two frames, back for one, gone for one: stretches count the same, however long they are."""
    values = [(0.9, True), (0.2, False), (0.4, False), (0.8, True), (1.0, False)]
    extras = object_extras(Protocol.MOSEV2, [FrameMeasures(v, v / 2, v / 4, seen, True) for v, seen in values])
    assert extras == pytest.approx(
        {
            "F_diagonal_mean": 0.165,
            "JF_diagonal": (0.66 + 0.165) / 2,
            "JF_disappear": ((0.3 + 0.15) / 2 + (1.0 + 0.5) / 2) / 2,
            "JF_reappear": (0.8 + 0.4) / 2,
        },
        abs=SUMMATION,
    )


@pytest.mark.parametrize(
    ("seen", "names"),
    [
        pytest.param([True, True], set(), id="there throughout"),
        pytest.param([False, False], set(), id="never there: gone since before the first scored frame"),
        pytest.param([False, True], {"JF_reappear"}, id="gone at first: not a disappearance, but then it comes back"),
        pytest.param([True, False], {"JF_disappear"}, id="gone for good"),
        pytest.param([False, True, False], {"JF_disappear", "JF_reappear"}, id="both"),
    ],
)
def test_mose_v2_tells_what_there_is_only(seen: list[bool], names: set[str]) -> None:
    extras = object_extras(Protocol.MOSEV2, [FrameMeasures(0.5, 0.5, 0.5, one, True) for one in seen])
    assert set(extras) == names | {"F_diagonal_mean", "JF_diagonal"}


@given(FRAMES)
def test_mose_v2_equals_the_plain_definition(frames: list[FrameMeasures]) -> None:
    extras = object_extras(Protocol.MOSEV2, frames)
    gone, back = plain.mosev2_segments([frame.in_truth for frame in frames])
    for name, segments in (("JF_disappear", gone), ("JF_reappear", back)):
        scores = [math.fsum(frames[i].j + frames[i].f for i in one) / len(one) / 2 for one in segments]
        expected = math.fsum(scores) / len(scores) if scores else None
        assert extras.get(name) == pytest.approx(expected, abs=SUMMATION)
    diagonal = math.fsum(frame.f_diagonal for frame in frames) / len(frames)
    assert extras["F_diagonal_mean"] == pytest.approx(diagonal, abs=SUMMATION)


def _frames(j: list[float]) -> list[FrameMeasures]:
    return [FrameMeasures(one, one, one, True, True) for one in j]
