from pathlib import Path

import numpy as np
import pytest

from tests.vos.made_files import write_images, write_video
from vos.io import backward, open_clip

IMAGES = [np.full((48, 64, 3), 20 * index, dtype=np.uint8) for index in range(10)]


@pytest.mark.parametrize("kind", ["video", "images"])
@pytest.mark.parametrize("held", [1, 3, 4, 100])
@pytest.mark.parametrize("frames", [None, (2, 9)])
def test_frames_come_last_first_with_their_own_numbers(
    tmp_path: Path, kind: str, held: int, frames: tuple[int, int] | None
) -> None:
    names = [f"{index}.png" for index in range(10)]
    path = write_video(tmp_path / "a.mkv", IMAGES) if kind == "video" else write_images(tmp_path / "a", names, IMAGES)
    clip = open_clip(path, frames)
    forward = list(clip)
    turned = list(backward(clip, most_bytes=held * 48 * 64 * 3))
    assert [frame.index for frame in turned] == [frame.index for frame in reversed(forward)]
    for one, other in zip(turned, reversed(forward), strict=True):
        assert (one.stem, one.pts, one.time_base) == (other.stem, other.pts, other.time_base)
        np.testing.assert_array_equal(one.image, other.image)
    assert [frame.index for frame in clip] == [frame.index for frame in forward]
