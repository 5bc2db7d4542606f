from pathlib import Path

import numpy as np
import PIL.Image

from vos.io import write_soft_mask


def test_probabilities_become_grey_levels(tmp_path: Path):
    write_soft_mask(tmp_path / "new/soft.png", np.array([[0.0, 0.25, 0.5, 1.0]], np.float32))
    with PIL.Image.open(tmp_path / "new/soft.png") as picture:
        assert picture.mode == "L"
        assert np.asarray(picture).tolist() == [[0, 64, 128, 255]]
