import numpy as np

from vos.metrics.label_maps import score_frame


def test_scores_each_object_by_itself_and_treats_other_ids_as_background() -> None:
    truth = np.zeros((20, 20), dtype=np.uint8)
    truth[:5, :5], truth[10:, 10:], truth[0, 19] = 1, 3, 255
    prediction = np.zeros_like(truth)
    prediction[:5, :5] = 1
    assert score_frame(truth, prediction, (1, 2, 3)) == [(1.0, 1.0), (1.0, 1.0), (0.0, 0.0)]


def test_a_swap_of_two_ids_scores_nothing() -> None:
    truth = np.full((40, 40), 1, dtype=np.uint8)
    truth[:20] = 2
    swapped = np.where(truth == 1, 2, 1).astype(np.uint8)
    assert [j for j, _ in score_frame(truth, swapped, (1, 2))] == [0.0, 0.0]
