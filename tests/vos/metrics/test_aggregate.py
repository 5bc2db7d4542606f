import pytest

from tests.tolerances import SUMMATION
from vos.errors import InputError
from vos.metrics.aggregate import ObjectScore, mean_over_objects
from vos.metrics.objects import FrameScore
from vos.metrics.summary import Summary


def test_totals_are_means_over_objects() -> None:
    first = _score(Summary(mean=0.8, recall=1.0, decay=0.1), Summary(mean=0.6, recall=0.5, decay=0.0), frames=50)
    second = _score(Summary(mean=0.2, recall=0.0, decay=0.3), Summary(mean=0.4, recall=0.5, decay=-0.2), frames=3)
    totals = mean_over_objects([first, second])
    assert (totals.J_mean, totals.J_recall, totals.J_decay) == pytest.approx((0.5, 0.5, 0.2), abs=SUMMATION)
    assert (totals.F_mean, totals.F_recall, totals.F_decay) == pytest.approx((0.5, 0.5, -0.1), abs=SUMMATION)
    assert (totals.JF, first.jf) == pytest.approx((0.5, 0.7), abs=SUMMATION)


def test_totals_of_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="no object"):
        mean_over_objects([])


def _score(j: Summary, f: Summary, frames: int) -> ObjectScore:
    return ObjectScore(sequence="a", object_id=1, frames=frames, j=j, f=f, worst=FrameScore(position=1, j=0.0, f=0.0))
