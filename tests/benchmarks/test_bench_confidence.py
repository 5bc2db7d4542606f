import numpy as np
import pytest

from benchmarks.bench_confidence import Judged, area_under_roc, summary


@pytest.mark.parametrize(
    ("wrong", "right", "area"),
    [
        ([0.1, 0.2], [0.3, 0.9], 1.0),
        ([0.9], [0.1, 0.2], 0.0),
        ([0.5, 0.5], [0.5], 0.5),
        ([0.1, 0.4], [0.3, 0.2], 0.5),
        ([0.1, 0.3], [0.2, 0.3], (2 + 0.5) / 4),
    ],
)
def test_the_area_is_the_chance_that_a_wrong_frame_is_less_sure(
    wrong: list[float], right: list[float], area: float
) -> None:
    assert area_under_roc(np.array(wrong), np.array(right)) == area


def test_one_kind_of_frame_has_no_curve() -> None:
    with pytest.raises(ValueError, match="0 wrong and 1 right frames"):
        area_under_roc(np.array([]), np.array([0.5]))


def test_the_summary_counts_what_a_threshold_finds() -> None:
    judged = [Judged(confidence=0.75, j=0.1), Judged(confidence=0.99, j=0.2), Judged(confidence=0.79, j=0.9)]
    found = summary(judged)
    assert (found["frames"], found["wrong_frames"], found["area_under_roc"]) == (3, 2, 0.5)
    assert found["thresholds"]["0.8"] == {"wrong_found": 0.5, "right_flagged": 1.0}  # type: ignore[index]
