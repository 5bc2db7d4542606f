from collections.abc import Mapping

import pytest

from tests.tolerances import SUMMATION
from vos.errors import InputError
from vos.metrics.objects import FrameScore, ObjectScore
from vos.metrics.summary import Summary
from vos.metrics.totals import Totals, mean_over_objects, overall

FIRST = (Summary(mean=0.8, recall=1.0, decay=0.1), Summary(mean=0.6, recall=0.5, decay=0.0))
SECOND = (Summary(mean=0.2, recall=0.0, decay=0.3), Summary(mean=0.4, recall=0.5, decay=-0.2))
THIRD = (Summary(mean=0.6, recall=0.8, decay=0.0), Summary(mean=0.1, recall=0.0, decay=0.1))


def test_without_groups_every_object_counts_the_same() -> None:
    objects = [_score(FIRST, frames=50), _score(SECOND, frames=3)]
    assert overall(objects) == mean_over_objects(objects)
    assert overall(objects).figures == pytest.approx(
        {
            "JF": 0.5,
            "J_mean": 0.5,
            "J_recall": 0.5,
            "J_decay": 0.2,
            "F_mean": 0.5,
            "F_recall": 0.5,
            "F_decay": -0.1,
        },
        abs=SUMMATION,
    )


def test_with_groups_each_group_counts_the_same() -> None:
    """Two objects are seen and one is not: J is the mean of 0.5 and 0.6, F that of 0.5 and 0.1."""
    objects = [_score(THIRD, "unseen"), _score(FIRST, "seen"), _score(SECOND, "seen")]
    assert overall(objects).figures == pytest.approx(
        {
            "JF": (0.5 + 0.5 + 0.6 + 0.1) / 4,
            "J_mean": 0.55,
            "J_recall": 0.65,
            "J_decay": 0.1,
            "F_mean": 0.3,
            "F_recall": 0.25,
            "F_decay": 0.0,
            "J_seen": 0.5,
            "F_seen": 0.5,
            "J_unseen": 0.6,
            "F_unseen": 0.1,
        },
        abs=SUMMATION,
    )


def test_one_group_alone_is_its_mean() -> None:
    """As in a run that is restricted to some sequences."""
    objects = [_score(FIRST, "unseen"), _score(SECOND, "unseen")]
    found, mean = overall(objects), mean_over_objects(objects)
    assert found.figures == {**mean.figures, "J_unseen": mean.J_mean, "F_unseen": mean.F_mean}


def test_the_mean_over_objects_ignores_groups() -> None:
    grouped = [_score(THIRD, "unseen"), _score(FIRST, "seen"), _score(SECOND, "seen")]
    assert mean_over_objects(grouped) == mean_over_objects([_score(THIRD), _score(FIRST), _score(SECOND)])


def test_an_extra_is_averaged_over_the_objects_that_have_it() -> None:
    objects = [_score(FIRST, extras={"a": 0.2}), _score(FIRST, extras={"a": 0.4, "b": 0.7}), _score(FIRST)]
    assert overall(objects).extras == pytest.approx({"a": 0.3, "b": 0.7}, abs=SUMMATION)


def test_an_extra_is_averaged_over_groups_too() -> None:
    objects = [
        _score(FIRST, "seen", {"V": 0.1}),
        _score(FIRST, "seen", {"V": 0.3}),
        _score(FIRST, "unseen", {"V": 0.6, "W": 0.5}),
    ]
    extras = overall(objects).extras
    assert extras == pytest.approx(
        {
            "J_seen": 0.8,
            "F_seen": 0.6,
            "V_seen": 0.2,
            "J_unseen": 0.8,
            "F_unseen": 0.6,
            "V_unseen": 0.6,
            "W_unseen": 0.5,
            "V": 0.4,
            "W": 0.5,
        },
        abs=SUMMATION,
    )


def test_figures_start_with_those_that_every_benchmark_has() -> None:
    figures = Totals(
        JF=0.1, J_mean=0.2, J_recall=0.3, J_decay=0.4, F_mean=0.5, F_recall=0.6, F_decay=0.7, extras={"V": 0.8}
    ).figures
    assert list(figures) == ["JF", "J_mean", "J_recall", "J_decay", "F_mean", "F_recall", "F_decay", "V"]
    assert list(figures.values()) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]


def test_no_object_is_refused() -> None:
    for average in (overall, mean_over_objects):
        with pytest.raises(InputError, match="no object to average over"):
            average([])


def test_objects_with_and_without_a_group_do_not_mix() -> None:
    with pytest.raises(InputError, match="a, object 7, has no group; others are seen or unseen"):
        overall([_score(FIRST, "seen"), _score(FIRST), _score(FIRST, "unseen")])


def _score(
    measures: tuple[Summary, Summary],
    group: str | None = None,
    extras: Mapping[str, float] | None = None,
    *,
    frames: int = 9,
) -> ObjectScore:
    return ObjectScore(
        sequence="a",
        object="7",
        group=group,
        frames=frames,
        j=measures[0],
        f=measures[1],
        worst=FrameScore(position=1, j=0.0, f=0.0),
        extras=extras or {},
    )
