"""The overlay's sound: copied packet by packet, in step with the pictures."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.tolerances import SOURCE_TIME_SECONDS
from tests.vos.made_files import numbered
from vos.io import OverlayWriter, open_clip
from vos.io.audio import find_audio
from vos.types import Segmentation

RATE = 48_000


def talkie(path: Path, codec: str, frames: int = 25, late: int = 0, **options: str) -> Path:
    """A second of pictures at 25 a second and of a click in each, which begins `late` samples after them."""
    with av.open(str(path), "w") as container:
        video, audio = container.add_stream("libx264", rate=25), container.add_stream(codec, rate=RATE, options=options)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio.layout = "mono"
        for index, image in enumerate(numbered(12) * 3):
            if index == frames:
                break
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, 25)
            container.mux(video.encode(picture))
            samples = np.zeros((1, RATE // 25), np.int16)
            samples[0, :200] = 20_000
            sound = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = RATE, index * RATE // 25 + late, Fraction(1, RATE)
            container.mux(audio.encode(sound))
        container.mux([*video.encode(None), *audio.encode(None)])
    return path


def overlay(path: Path, source: Path, frames: tuple[int, int] | None = None) -> Path:
    clip = open_clip(source, frames)
    writer = OverlayWriter(path, clip.info)
    for frame in clip:
        writer.write(frame, Segmentation(index=frame.index, ids=np.zeros(frame.image.shape[:2], np.uint8)))
    writer.close()
    return path


def packets(path: Path) -> list[tuple[bytes, float]]:
    """Data and time in seconds of each packet of sound."""
    with av.open(str(path)) as container:
        return [(bytes(one), float(one.pts * one.time_base)) for one in container.demux(audio=0) if one.size]


def clicks(path: Path) -> np.ndarray:
    """Seconds at which sound begins after silence."""
    with av.open(str(path)) as container:
        parts = [(one.time, np.abs(one.to_ndarray()).max(axis=0)) for one in container.decode(audio=0)]
    times = np.concatenate([time + np.arange(len(level)) / RATE for time, level in parts])
    loud = np.concatenate([level for _, level in parts]) > 0.1 * max(level.max() for _, level in parts)
    return times[1:][loud[1:] & ~loud[:-1]]


@pytest.mark.parametrize(("codec", "ending"), [("aac", "mp4"), ("libmp3lame", "mkv"), ("flac", "mkv")])
def test_sound_is_copied_byte_for_byte_at_its_times(tmp_path: Path, codec: str, ending: str):
    source = talkie(tmp_path / f"source.{ending}", codec)
    expected, found = packets(source), packets(overlay(tmp_path / "overlay.mp4", source))
    assert [data for data, _ in found] == [data for data, _ in expected]
    times = [[time for _, time in one] for one in (expected, found)]
    np.testing.assert_allclose(times[1], times[0], rtol=0, atol=SOURCE_TIME_SECONDS)


@pytest.mark.parametrize("codec", ["pcm_s16le", "aac"])
@pytest.mark.parametrize("late", [0, 4_800])
def test_clicks_stay_with_their_pictures(tmp_path: Path, codec: str, late: int):
    source = talkie(tmp_path / "source.mov", codec, late=late)
    movie = overlay(tmp_path / "overlay.mp4", source)
    expected = clicks(source)
    assert len(expected) >= 24
    np.testing.assert_allclose(clicks(movie), expected, rtol=0, atol=SOURCE_TIME_SECONDS)


def test_a_range_has_the_sound_of_its_frames(tmp_path: Path):
    source = talkie(tmp_path / "source.mov", "pcm_s16le")
    movie = overlay(tmp_path / "overlay.mp4", source, (10, 15))
    heard = packets(movie)
    first, last = heard[0][1], heard[-1][1]
    assert 10 / 25 <= first < 11 / 25
    assert 14 / 25 <= last < 15 / 25
    whole = {round(time, 3): data for data, time in packets(source)}
    for data, time in heard:
        assert whole[round(time, 3)] == data


def test_sound_that_mp4_cannot_hold_is_left_out_and_told_of(tmp_path: Path):
    source = talkie(tmp_path / "source.avi", "adpcm_ms")
    tracks = find_audio(open_clip(source).info)
    assert (tracks.copied, tracks.left_out) == ((), ("adpcm_ms",))
    with av.open(str(overlay(tmp_path / "overlay.mp4", source))) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_a_clip_without_sound_gives_a_silent_overlay(tmp_path: Path):
    source = tmp_path / "source.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for image in numbered(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    assert find_audio(open_clip(source).info).copied == ()
    with av.open(str(overlay(tmp_path / "overlay.mp4", source))) as container:
        assert [stream.type for stream in container.streams] == ["video"]
