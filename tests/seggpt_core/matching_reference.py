"""Which patches are matched, told one by one, and what stands behind the values of known ones."""

import numpy as np
import torch
from torch import Tensor

from seggpt_core.matching import COLUMNS, VALUES


def padding(*shape: int) -> tuple[Tensor, Tensor]:
    """What stands behind the values of patches that are all known."""
    return torch.ones(*shape, 1), torch.zeros(*shape, COLUMNS - VALUES - 1)


def shares(indices: Tensor, grid: tuple[int, int]) -> Tensor:
    """Places (..., 2) of patches by their numbers, row by row, in frames that show whole pictures."""
    rows, columns = indices // grid[1], indices % grid[1]
    return torch.stack([(rows + 0.5) / grid[0], (columns + 0.5) / grid[1]], dim=-1)


def reference_patches(targets: Tensor, known: Tensor) -> dict[int, float]:
    """Which patches of a frame are matched, and for how many each counts, one by one; targets (P, 3, h, w)."""
    cells = torch.cat([targets, 1 - known.expand(len(targets), 1, -1, -1)], dim=1).amax(dim=(0, 1))
    height, width = cells.shape[0] // 2, cells.shape[1] // 2
    places = list(np.ndindex(height, width))
    painted = {(r, c): bool((cells[2 * r : 2 * r + 2, 2 * c : 2 * c + 2] > 0.1).any()) for r, c in places}
    around = {
        (r, c): [(r + i, c + j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (r + i, c + j) in painted] for r, c in places
    }
    counts = {}
    for r, c in places:
        near, board = any(painted[one] for one in around[r, c]), (r + c) % 2 == 0
        lone = painted[r, c] and not any(painted[i, j] for i, j in around[r, c] if (i + j) % 2 == 0)
        if (board if near else r % 2 == c % 2 == 0) or lone:
            counts[r * width + c] = 2.0 if near else 4.0
    return counts
