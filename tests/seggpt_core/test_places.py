"""Places of patches: in shares of the picture, and back."""

import numpy as np
import pytest
import torch

from seggpt_core.errors import InputError
from seggpt_core.places import in_patches, patch_places, proximity, whole_windows
from seggpt_core.window import Window
from tests.seggpt_core.matching_reference import shares

CPU = torch.device("cpu")


def test_patches_of_a_whole_picture_share_it_evenly() -> None:
    places = patch_places(whole_windows(2, CPU), (2, 4))
    assert places.shape == (2, 8, 2)
    assert places[1].tolist() == [[row, column] for row in (0.25, 0.75) for column in (0.125, 0.375, 0.625, 0.875)]


def test_places_come_back_as_rows_and_columns() -> None:
    windows = torch.stack([Window(0.25, 0.5, 0.5, 0.5).tensor(CPU), Window(0.1, 0.0, 0.6, 0.3).tensor(CPU)])
    found = in_patches(patch_places(windows, (3, 5)), windows, (3, 5))
    expected = torch.tensor(list(np.ndindex(3, 5)), dtype=torch.float32).expand(2, -1, -1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_a_place_outside_of_the_window_lies_beyond_its_rows() -> None:
    window = Window(0.5, 0.0, 0.5, 1.0).tensor(CPU)[None]
    found = in_patches(torch.tensor([[[0.25, 0.5], [1.0, 1.0]]]), window, (4, 4))
    torch.testing.assert_close(found, torch.tensor([[[-2.5, 1.5], [3.5, 3.5]]]))


def test_nearness_falls_off_as_a_gaussian_but_never_to_nothing() -> None:
    grid, radius, indices = (2, 40), 1.5, [(0, 0), (1, 3), (1, 39)]
    places = shares(torch.tensor([[r * 40 + c for r, c in indices]]), grid)
    rows, columns = proximity(places, whole_windows(1, CPU), grid, torch.tensor(radius))
    found = (rows[0, :, None] * columns[0, None]).flatten(0, 1)
    squares = torch.tensor([[(r - a) ** 2 + (c - b) ** 2 for a, b in indices] for r, c in np.ndindex(*grid)])
    near = squares < 2 * radius**2 * 18
    # Places are shares in float32: a column of 40 is off by up to 1e-5 of a patch.
    torch.testing.assert_close(found[near], (-squares / (2 * radius**2)).exp()[near], rtol=1e-4, atol=0)
    assert found.min() > 1e-16


@pytest.mark.parametrize("window", [(-0.1, 0, 1, 1), (0, 0, 0, 1), (0, 0.5, 1, 0.6)])
def test_a_window_lies_within_its_picture(window: tuple[float, float, float, float]) -> None:
    with pytest.raises(InputError, match="must lie within the picture"):
        Window(*window)
