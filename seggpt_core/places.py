"""Where stride-8 patches lie in a picture, and how near they are to one another.

A place is a row and a column in shares of the picture's height and width, so that frames shown through different
windows, on grids of different sizes, can be compared.

Shape suffixes: G frames, N patches of one (H/8 · W/8), m of them kept of a prompt.
"""

import torch
from torch import Tensor

from seggpt_core.window import WHOLE

_PROXIMITY_FLOOR = -18.0


def whole_windows(frames: int, device: torch.device) -> Tensor:
    """(G, 4), as `Window.tensor` gives them: each frame shows the whole picture."""
    return WHOLE.tensor(device).expand(frames, -1)


def patch_places(windows: Tensor, grid: tuple[int, int]) -> Tensor:
    """The centres of all patches of G frames, (G, N, 2), row by row.

    windows: (G, 4), as `Window.tensor` gives them; grid is (H/8, W/8).
    """
    rows, columns = (_spread(windows[:, axis], windows[:, axis + 2], size) for axis, size in enumerate(grid))
    return torch.stack(
        [rows[:, :, None].expand(-1, -1, grid[1]), columns[:, None].expand(-1, grid[0], -1)], dim=-1
    ).flatten(1, 2)


def in_patches(places: Tensor, windows: Tensor, grid: tuple[int, int]) -> Tensor:
    """Places (G, m, 2) as rows and columns of the patches that frames show through `windows`: 0 is the first one's
    centre, and what lies outside is below that or above the last."""
    shares = (places - windows[:, None, :2]) / windows[:, None, 2:]
    return shares * shares.new_tensor(grid) - 0.5


def proximity(places: Tensor, windows: Tensor, grid: tuple[int, int], radius: Tensor) -> tuple[Tensor, Tensor]:
    """Gaussian nearness of every row and of every column of patches to places (G, m, 2).

    (G, H/8, m) and (G, W/8, m), whose products are the nearness of all N patches; windows: of the frames that the
    patches are of, (G, 4); grid is (H/8, W/8), radius the Gaussian's sigma in patches of theirs.
    """
    rows, columns = in_patches(places, windows, grid).unbind(-1)
    return _axis_proximity(rows, grid[0], radius), _axis_proximity(columns, grid[1], radius)


def _spread(start: Tensor, extent: Tensor, size: int) -> Tensor:
    """(G, size) centres of equal parts of an axis."""
    centres = (torch.arange(size, device=start.device) + 0.5) / size
    return start[:, None] + extent[:, None] * centres


def _axis_proximity(positions: Tensor, size: int, radius: Tensor) -> Tensor:
    every = torch.arange(size, device=positions.device)[None, :, None]
    exponent = -((every - positions[:, None]) ** 2) / (2 * radius**2)
    # The floor lets a far match count where nothing near is known, and avoids slow denormal numbers.
    return exponent.clamp(min=_PROXIMITY_FLOOR).exp()
