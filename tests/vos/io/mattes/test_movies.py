"""Every movie is read back: pictures, alpha, times, tags."""

from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.tolerances import CODED_COLOUR, LOSSY_ALPHA, SOURCE_TIME_SECONDS
from tests.vos.full_disk import largest_file
from tests.vos.io.mattes.read_back import decoded, rgba
from tests.vos.made_files import VARIABLE_TIMES, number_of, numbered, read_times, write_images, write_video
from vos.errors import WorkError
from vos.io import Clip, open_clip
from vos.io.mattes import MOVIE_ENDINGS, MOVIE_FORMATS, Alpha, MovieWriter, with_alpha
from vos.types import Plane

KINDS = sorted(MOVIE_FORMATS)
EXACT = ["ffv1", "qtrle"]
ALPHA_ERROR = {"ffv1": 0, "qtrle": 0, "prores": 1, "vp9": LOSSY_ALPHA}


def planes(clip: Clip) -> list[Plane]:
    """A soft-edged disk that wanders, wholly 0 and wholly 1 in places."""
    y, x = np.mgrid[: clip.info.height, : clip.info.width].astype(np.float32)
    short = min(clip.info.height, clip.info.width)
    return [
        np.clip(0.5 - (np.hypot(x - 0.4 * short - index, y - 0.5 * short) - 0.3 * short) / 4, 0, 1)
        for index in clip.frames
    ]


def write(path: Path, clip: Clip, alphas: Sequence[Plane], kind: str, convention: Alpha = "straight") -> Path:
    writer = MovieWriter(path.with_suffix(f".{MOVIE_ENDINGS[kind]}"), clip.info, MOVIE_FORMATS[kind], convention)
    try:
        for frame, alpha in zip(clip, alphas, strict=True):
            writer.write(frame, alpha)
        writer.close()
    except WorkError:
        writer.abort()
        raise
    return path.with_suffix(f".{MOVIE_ENDINGS[kind]}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("times", "frames"), [(VARIABLE_TIMES, None), (VARIABLE_TIMES, (4, 9)), ([333 + 40 * n for n in range(10)], None)]
)
def test_frames_out_are_frames_in_at_their_times(
    tmp_path: Path, kind: str, times: Sequence[int], frames: tuple[int, int] | None
):
    clip = open_clip(write_video(tmp_path / "source.mp4", numbered(10), times), frames)
    path = write(tmp_path / "out", clip, planes(clip), kind)
    expected = read_times(tmp_path / "source.mp4")[slice(*frames) if frames else slice(None)]
    np.testing.assert_allclose(read_times(path), expected, rtol=0, atol=SOURCE_TIME_SECONDS)
    pictures = list(decoded(path))
    assert [number_of(rgba(picture)[..., :3].astype(np.uint8)) for picture in pictures] == list(clip.frames)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(64, 48), (63, 47), (854, 480), (8, 1)])
def test_alpha_and_colours_come_back_at_any_size(tmp_path: Path, kind: str, size: tuple[int, int]):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (3, 3, 4, 3), np.uint8)
    images = [cv2.resize(one, size, interpolation=cv2.INTER_LINEAR) for one in coarse]
    clip = open_clip(write_images(tmp_path / "clip", ["a.png", "b.png", "c.png"], images))
    alphas = planes(clip)
    pictures = list(decoded(write(tmp_path / "out", clip, alphas, kind)))
    assert len(pictures) == len(images)
    for picture, image, alpha in zip(pictures, images, alphas, strict=True):
        expected, found = with_alpha(image, alpha, "straight").astype(int), rgba(picture)
        assert found.shape == expected.shape
        assert np.abs(found[..., 3] - expected[..., 3]).max() <= ALPHA_ERROR[kind]
        if kind in EXACT:
            np.testing.assert_array_equal(found, expected)
        elif kind == "prores":
            assert np.abs(found - expected).max() <= CODED_COLOUR


def test_every_level_of_alpha_is_exact_in_prores(tmp_path: Path):
    clip = open_clip(write_images(tmp_path / "clip", ["a.png"], numbered(1, 256, 16)))
    alpha = np.repeat(np.arange(256, dtype=np.float32)[None] / 255, 16, axis=0)
    (picture,) = decoded(write(tmp_path / "out", clip, [alpha], "prores"))
    assert picture.format.name == "yuva444p12le"
    np.testing.assert_array_equal(rgba(picture)[..., 3], np.rint(alpha * 255))


@pytest.mark.parametrize("kind", KINDS)
def test_premultiplied_is_black_outside(tmp_path: Path, kind: str):
    clip = open_clip(write_images(tmp_path / "clip", ["a.png"], [np.full((48, 64, 3), 200, np.uint8)]))
    alpha = np.zeros((48, 64), np.float32)
    alpha[:, :32] = 1
    (picture,) = decoded(write(tmp_path / "out", clip, [alpha], kind, "premultiplied"))
    found = rgba(picture)[..., :3]
    assert np.abs(found[:, :24] - 200).max() <= CODED_COLOUR
    assert found[:, 40:].max() <= CODED_COLOUR


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", [1, 9, 2])
def test_the_sources_tags_are_kept(tmp_path: Path, kind: str, code: int):
    source = tmp_path / "source.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = code
        picture = av.VideoFrame(64, 48, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes([128]) * plane.buffer_size)
        container.mux([*stream.encode(picture), *stream.encode(None)])
    clip = open_clip(source)
    path = write(tmp_path / "out", clip, planes(clip), kind)
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        picture = next(container.decode(video=0))
        kept = 6 if code == 2 else code
        assert context.color_primaries == kept
        assert context.color_trc == kept
        assert picture.colorspace == (0 if kind in EXACT else kept)


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_picture_lasts_as_long_as_the_others(tmp_path: Path, kind: str):
    clip = open_clip(write_video(tmp_path / "source.mp4", numbered(5)))
    with av.open(str(write(tmp_path / "out", clip, planes(clip), kind))) as container:
        assert container.duration == pytest.approx(5 * 40_000, abs=1_000)


def test_a_failed_run_leaves_no_movie(tmp_path: Path):
    clip = open_clip(write_images(tmp_path / "clip", ["a.png"], numbered(1)))
    writer = MovieWriter(tmp_path / "out/a.mov", clip.info, MOVIE_FORMATS["prores"], "straight")
    writer.write(next(iter(clip)), planes(clip)[0])
    writer.abort()
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_fills_up_in_the_middle_leaves_no_movie(tmp_path: Path, kind: str):
    noise = np.random.default_rng(0).integers(0, 256, (6, 96, 128, 3), np.uint8)
    clip = open_clip(write_images(tmp_path / "clip", [f"{n}.png" for n in range(6)], list(noise)))
    size = write(tmp_path / "out/whole", clip, planes(clip), kind).stat().st_size
    with largest_file(size // 2), pytest.raises(WorkError, match="cannot write .*: File too large .choose a disk"):
        write(tmp_path / "out/a", clip, planes(clip), kind)
    assert [path.stem for path in (tmp_path / "out").iterdir()] == ["whole"]


@pytest.mark.parametrize("kind", KINDS)
def test_equal_runs_give_equal_movies(tmp_path: Path, kind: str):
    clip = open_clip(write_images(tmp_path / "clip", ["a.png", "b.png"], numbered(2)))
    one, other = (write(tmp_path / name, clip, planes(clip), kind) for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
