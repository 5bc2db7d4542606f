"""Mattes of one run, read back from its files: movies hold the alpha that its soft masks show."""

from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from tests.tolerances import LOSSY_ALPHA, LOSSY_ALPHA_MOSTLY
from tests.vos.exports.test_sink import Planes
from tests.vos.io.mattes.read_back import decoded, rgba
from tests.vos.made_files import write_video
from vos.exports import Exports, ExportSettings
from vos.io import open_clip
from vos.matte import Edges
from vos.types import Plane, Segmentation

SIZE = (1080, 1920)
FRAMES = 2
OBJECT = slice(960, None)
"""Columns that show the object alone."""
MOST = {"prores": 1, "ffv1": 0, "qtrle": 0, "vp9": LOSSY_ALPHA}
"""Levels of 255 by which alpha may differ from `soft8` of the same run, by kind."""


def matte(index: int) -> Plane:
    """Slow and fast ramps, hair-thin lines, an object's soft edge, noise, and what is wholly inside and outside."""
    height, width = SIZE
    y, x = np.mgrid[:height, :width].astype(np.float32)
    plane = np.clip((600 - np.hypot(x - 700 - 4 * index, y - 540)) / 5 + 0.5, 0, 1)
    plane[:270, :960] = x[:270, :960] / 959
    plane[270:540, :960] = (x[270:540, :960] % 64) / 63
    plane[540:810, :960] = x[540:810, :960] % 7 == 0
    plane[810:, :960] = np.random.default_rng(index).random((270, 960))
    return plane.astype(np.float32)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mattes")
    rng = np.random.default_rng(0)
    texture = cv2.resize(rng.integers(0, 256, (108, 192, 3), np.uint8), SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    clip = open_clip(write_video(folder / "clip.mp4", [np.roll(texture, 6 * n, axis=1) for n in range(FRAMES)]))
    settings = ExportSettings(kinds=("soft8", *MOST), edges=Edges(refine="none"))
    sinks = Exports(settings=settings, clip=clip, labels={1: "1"}).sinks(folder)
    for frame in clip:
        plane = matte(frame.index)
        for sink in sinks:
            sink.write(
                frame, Segmentation(index=frame.index, ids=(plane > 0.5).astype(np.uint8), soft=Planes({1: plane}))
            )
    for sink in sinks:
        sink.close()
    return folder


def read_soft8(run: Path) -> list[np.ndarray]:
    return [np.asarray(PIL.Image.open(path)).astype(int) for path in sorted(run.glob("soft8/*.png"))]


def read_alpha(run: Path, kind: str) -> list[np.ndarray]:
    (path,) = run.glob(f"{kind}/*")
    return [rgba(picture)[..., 3] for picture in decoded(path)]


def test_soft8_is_the_matte_rounded(run: Path) -> None:
    np.testing.assert_array_equal(read_soft8(run), [np.rint(255 * matte(index)) for index in range(FRAMES)])


@pytest.mark.parametrize(("kind", "most"), MOST.items())
def test_a_movies_alpha_is_soft8_of_the_same_run(run: Path, kind: str, most: int) -> None:
    assert np.abs(np.subtract(read_alpha(run, kind), read_soft8(run))).max() <= most


def test_vp9_differs_visibly_in_few_pixels_of_an_objects_edge(run: Path) -> None:
    soft, coded = (np.array(found)[..., OBJECT] for found in (read_soft8(run), read_alpha(run, "vp9")))
    error = np.abs(coded - soft)[(soft > 0) & (soft < 255)]
    assert np.percentile(error, 99) <= LOSSY_ALPHA_MOSTLY
