import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tolerances import SUMMATION
from tests.vos.metrics import plain
from vos.errors import InputError
from vos.metrics.summary import Summary, summarise


@given(st.lists(st.floats(0, 1), min_size=1, max_size=700))
def test_equals_the_plain_definition(values: list[float]) -> None:
    summary = summarise(values)
    expected = plain.statistics(values)
    assert (summary.mean, summary.recall, summary.decay) == pytest.approx(expected, abs=SUMMATION)


def test_the_bins_do_not_wrap_above_256_frames() -> None:
    """The official uint8 edges would wrap: 0, 74, 149, 223, 42 for these 299 frames."""
    values = np.concatenate([np.ones(75), np.full(149, 0.5), np.zeros(75)])
    assert summarise(values).decay == pytest.approx(1 - 0.5 / 76, abs=SUMMATION)


def test_recall_counts_values_above_one_half_only() -> None:
    assert summarise([0.5, 0.5 + 1e-9, 1.0, 0.0]).recall == 0.5


def test_one_frame_has_no_decay() -> None:
    assert summarise([0.7]) == Summary(mean=0.7, recall=1.0, decay=0.0)


def test_no_frame_is_refused() -> None:
    with pytest.raises(InputError, match="no scored frame"):
        summarise([])
