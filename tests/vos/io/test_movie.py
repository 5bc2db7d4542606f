from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.tolerances import CODED_COLOUR, SOURCE_TIME_SECONDS
from tests.vos.made_files import VARIABLE_TIMES, number_of, numbered, read_times, write_images, write_video
from vos.errors import WorkError
from vos.io import Clip, OverlayWriter, open_clip, paint_overlay
from vos.io.palette import DISPLAY_COLOURS
from vos.types import Segmentation


def write_overlay(path: Path, clip: Clip, ids: np.ndarray | None = None) -> Path:
    writer = OverlayWriter(path, clip.info)
    for frame in clip:
        labels = np.zeros(frame.image.shape[:2], np.uint8) if ids is None else ids
        writer.write(frame, Segmentation(index=frame.index, ids=labels))
    writer.close()
    return path


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm"])
@pytest.mark.parametrize(
    ("times", "frames"),
    [(VARIABLE_TIMES, None), (VARIABLE_TIMES, (4, 9)), ([333 + 40 * n for n in range(10)], None), (None, None)],
)
def test_pictures_are_shown_at_the_sources_times(
    tmp_path: Path, ending: str, times: Sequence[int] | None, frames: tuple[int, int] | None
):
    codec = {"webm": "libvpx-vp9"}.get(ending, "libx264")
    source = write_video(tmp_path / f"source.{ending}", numbered(10), times, codec=codec)
    path = write_overlay(tmp_path / "overlay.mp4", open_clip(source, frames))
    expected = read_times(source)[slice(*frames) if frames else slice(None)]
    np.testing.assert_allclose(read_times(path), expected, rtol=0, atol=SOURCE_TIME_SECONDS)
    assert [number_of(image) for image in decoded(path)] == list(open_clip(source, frames).frames)


def test_a_time_base_too_fine_for_mp4_is_rounded(tmp_path: Path):
    source = tmp_path / "source.nut"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index, image in enumerate(numbered(5)):
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1001, 30000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    path = write_overlay(tmp_path / "overlay.mp4", open_clip(source))
    np.testing.assert_allclose(read_times(path), read_times(source), rtol=0, atol=SOURCE_TIME_SECONDS)


def test_images_are_shown_24_a_second_from_zero(tmp_path: Path):
    folder = write_images(tmp_path / "clip", [f"{n}.png" for n in range(6)], numbered(6))
    path = write_overlay(tmp_path / "overlay.mp4", open_clip(folder, (2, 6)))
    np.testing.assert_allclose(read_times(path), [n / 24 for n in range(4)], rtol=0, atol=SOURCE_TIME_SECONDS)


@pytest.mark.parametrize(
    ("size", "padded"), [((64, 48), (64, 48)), ((63, 48), (64, 48)), ((64, 47), (64, 48)), ((33, 31), (34, 32))]
)
def test_an_odd_side_is_padded_by_one_and_only_there(tmp_path: Path, size: tuple[int, int], padded: tuple[int, int]):
    folder = write_images(tmp_path / "clip", ["a.png", "b.png"], numbered(2, *size))
    for image in decoded(write_overlay(tmp_path / "overlay.mp4", open_clip(folder))):
        assert image.shape[1::-1] == padded
        assert np.ptp(image) <= CODED_COLOUR


@pytest.mark.parametrize(("height", "code"), [(480, 6), (720, 1)])
def test_colours_are_tagged_and_come_back(tmp_path: Path, height: int, code: int):
    image = np.full((height, 64 * height // 48, 3), (200, 40, 90), np.uint8)
    folder = write_images(tmp_path / "clip", ["a.png"], [image])
    path = write_overlay(tmp_path / "overlay.mp4", open_clip(folder))
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0))
        assert (picture.colorspace, picture.color_primaries, picture.color_trc) == (code,) * 3
        assert picture.color_range == 1
    np.testing.assert_allclose(decoded(path)[0][5, 5], image[5, 5], atol=CODED_COLOUR)


def test_a_failed_run_leaves_no_movie(tmp_path: Path):
    clip = open_clip(write_images(tmp_path / "clip", ["a.png"], numbered(1)))
    writer = OverlayWriter(tmp_path / "out/overlay.mp4", clip.info)
    writer.write(next(iter(clip)), Segmentation(index=0, ids=np.zeros((48, 64), np.uint8)))
    writer.abort()
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    clip = open_clip(write_images(tmp_path / "clip", ["a.png"], numbered(1)))
    with pytest.raises(WorkError, match=r"cannot write .*overlay\.mp4"):
        write_overlay(tmp_path / "file/overlay.mp4", clip)


class TestPainting:
    image = np.full((60, 80, 3), (10, 100, 200), np.uint8)

    def test_objects_are_tinted_by_half_and_outlined_inside(self):
        ids = np.zeros((60, 80), np.uint8)
        ids[10:40, 20:60] = 3
        painted = paint_overlay(self.image, ids)
        colour = DISPLAY_COLOURS[3].astype(int)
        np.testing.assert_array_equal(painted[ids == 0], self.image[ids == 0])
        np.testing.assert_allclose(painted[25, 40], (colour + self.image[25, 40]) / 2, atol=1)
        for border in (painted[10, 20:60], painted[39, 20:60], painted[10:40, 20], painted[10:40, 59]):
            np.testing.assert_array_equal(border, np.broadcast_to(colour, border.shape))

    def test_void_and_background_are_left_alone(self):
        ids = np.full((60, 80), 255, np.uint8)
        np.testing.assert_array_equal(paint_overlay(self.image, ids), self.image)

    def test_the_frame_is_not_changed(self):
        before = self.image.copy()
        paint_overlay(self.image, np.ones((60, 80), np.uint8))
        np.testing.assert_array_equal(self.image, before)

    def test_neighbouring_ids_look_unlike(self):
        distance = np.abs(np.diff(DISPLAY_COLOURS[1:].astype(int), axis=0)).sum(axis=1)
        assert distance.min() > 120
