from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from vos.io import write_soft_mask


@pytest.mark.parametrize(
    ("bits", "mode", "levels"), [(8, "L", [0, 64, 128, 255]), (16, "I;16", [0, 16384, 32768, 65535])]
)
def test_probabilities_become_grey_levels(tmp_path: Path, bits: int, mode: str, levels: list[int]):
    write_soft_mask(tmp_path / "new/soft.png", np.array([[0.0, 0.25, 0.5, 1.0]], np.float32), bits)
    with PIL.Image.open(tmp_path / "new/soft.png") as picture:
        assert picture.mode == mode
        assert np.asarray(picture).tolist() == [levels]
