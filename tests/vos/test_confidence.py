import pytest
import torch

from vos.confidence import describe


def painted(inside: float, edge: float) -> torch.Tensor:
    """One object, 6x6 pixels of 20x20, sure of its interior by one probability and of its outline by another."""
    probability = torch.full((20, 20), 0.02)
    probability[5:11, 5:11] = edge
    probability[6:10, 6:10] = inside
    return torch.stack([1 - probability, probability])


def test_confidence_is_the_margin_of_the_interior_alone():
    (confidence,), (area,) = describe([painted(0.9, 0.55)])
    assert confidence == pytest.approx(0.8)
    assert area == pytest.approx(36 / 400)


def test_an_object_without_interior_counts_all_its_pixels():
    probability = torch.zeros(20, 20)
    probability[4, 3:9] = 0.8
    (confidence,), (area,) = describe([torch.stack([1 - probability, probability])])
    assert confidence == pytest.approx(0.6)
    assert area == pytest.approx(6 / 400)


def test_an_object_that_is_absent_has_none():
    assert describe([painted(0.4, 0.3)]) == ([0.0], [0.0])


def test_the_frame_is_no_edge():
    probability = torch.full((6, 6), 0.8)
    (confidence,), (area,) = describe([torch.stack([1 - probability, probability])])
    assert (confidence, area) == (pytest.approx(0.6), 1.0)


def test_the_runner_up_may_be_of_another_pass():
    first, second = torch.full((8, 8), 0.9), torch.full((8, 8), 0.7)
    confidence, area = describe([torch.stack([1 - first, first]), torch.stack([1 - second, second])])
    assert confidence == [pytest.approx(0.2), 0.0]
    assert area == [1.0, 0.0]
