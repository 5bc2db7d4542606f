"""Parts that lie apart from where an object can be are not the object."""

import numpy as np
import pytest
import torch

from vos.continuity import without_strangers
from vos.crop import Crop

SHOWN = Crop(top=10, left=20, height=40, width=80)
"""Of the frame; at half its size here."""


def painted(*places: tuple[slice, slice]) -> torch.Tensor:
    """Probabilities (2, 20, 40) of background and one object, 0.9 sure of it at the places."""
    probabilities = torch.full((2, 20, 40), 0.9)
    probabilities[1] = 0.1
    for rows, columns in places:
        probabilities[0, rows, columns] = 0.1
        probabilities[1, rows, columns] = 0.9
    return probabilities


OBJECT = np.s_[2:8, 2:8]
STRANGER = np.s_[12:18, 30:36]
REACH = Crop(top=12, left=22, height=14, width=14)


def test_a_stranger_becomes_background() -> None:
    both = painted(OBJECT, STRANGER)
    found = without_strangers(both, [REACH], SHOWN)
    assert torch.equal(found[:, *OBJECT], both[:, *OBJECT])
    torch.testing.assert_close(found.sum(dim=0), torch.ones(20, 40))
    assert not found[1][STRANGER].any()
    outside = torch.ones(20, 40, dtype=torch.bool)
    outside[STRANGER] = False
    assert torch.equal(found[:, outside], both[:, outside])
    assert torch.equal(both, painted(OBJECT, STRANGER)), "the input stays as it is"


@pytest.mark.parametrize(
    ("probabilities", "reach"),
    [
        (painted(STRANGER), REACH),
        (painted(OBJECT), REACH),
        (painted(OBJECT, STRANGER), None),
        (painted(np.s_[4:6, 4:6], STRANGER), REACH),
        (painted(OBJECT, np.s_[5:6, 8:30], STRANGER, np.s_[5:13, 30:32]), REACH),
        (painted(), REACH),
    ],
    ids=["alone", "none", "never seen", "a leftover is no object", "joined", "nothing"],
)
def test_what_may_be_the_object_stays(probabilities: torch.Tensor, reach: Crop | None) -> None:
    assert without_strangers(probabilities, [reach], SHOWN) is probabilities


def test_each_object_has_its_own_reach() -> None:
    probabilities = torch.zeros(3, 20, 40)
    probabilities[0] = 1
    for slot, place in ((1, OBJECT), (2, STRANGER)):
        probabilities[0][place] = 0
        probabilities[slot][place] = 1
    there = Crop(top=34, left=80, height=12, width=12)
    assert without_strangers(probabilities, [REACH, there], SHOWN) is probabilities
