from pathlib import Path

import numpy as np
import pytest

from vos.errors import InputError, WorkError
from vos.io.mattes import Alpha, require_exr, write_exr

OpenEXR = pytest.importorskip("OpenEXR")
HALF = 2.0**-11
"""Relative: half floats keep 11 bits."""


@pytest.mark.parametrize("convention", ["straight", "premultiplied"])
def test_half_floats_of_linear_light(tmp_path: Path, convention: Alpha):
    image = np.zeros((4, 256, 3), np.uint8)
    image[..., 0], image[..., 1] = np.arange(256), 255
    alpha = np.repeat(np.linspace(0, 1, 4, dtype=np.float32)[:, None], 256, axis=1)
    write_exr(tmp_path / "new/a.exr", image, alpha, convention)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.exr"]
    pixels = OpenEXR.File(str(tmp_path / "new/a.exr")).channels()["RGBA"].pixels
    assert (pixels.dtype, pixels.shape) == (np.float16, (4, 256, 4))
    weight = alpha if convention == "premultiplied" else np.ones_like(alpha)
    level = np.arange(256) / 255
    light = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(pixels[..., 0], light * weight, rtol=2 * HALF, atol=1e-7)
    np.testing.assert_allclose(pixels[..., 1], weight, rtol=HALF)
    np.testing.assert_array_equal(pixels[..., 2], 0)
    np.testing.assert_allclose(pixels[..., 3], alpha, rtol=HALF)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / ".a.exr.part").mkdir()
    with pytest.raises(WorkError, match=r"cannot write .*a\.exr"):
        write_exr(tmp_path / "a.exr", np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.float32), "straight")


def test_a_missing_library_is_told_of(monkeypatch: pytest.MonkeyPatch):
    require_exr()
    monkeypatch.setattr("vos.io.mattes.exr.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"--export exr: needs OpenEXR.* pip install 'vos-in-context\[exr\]'"):
        require_exr()
