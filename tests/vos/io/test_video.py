import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.tolerances import CODED_COLOUR
from tests.vos.made_files import VARIABLE_TIMES, corners, number_of, numbered, quadrants, write_video
from vos.errors import InputError, WorkError
from vos.io import open_clip
from vos.io.audio import find_audio
from vos.io.orientation import orientation_of


def milliseconds(path: Path) -> list[int]:
    frames = list(open_clip(path))
    assert all(frame.pts is not None and frame.time_base is not None for frame in frames)
    return [round(1000 * frame.pts * frame.time_base) for frame in frames]


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov"])
@pytest.mark.parametrize("b_frames", ["0", "2"])
def test_every_picture_comes_once_with_its_own_time(tmp_path: Path, ending: str, b_frames: str):
    path = write_video(tmp_path / f"clip.{ending}", numbered(10), VARIABLE_TIMES, bf=b_frames)
    clip = open_clip(path)
    frames = list(clip)
    assert [frame.index for frame in frames] == list(range(10)) == [number_of(frame.image) for frame in frames]
    assert [frame.stem for frame in frames] == [f"{index:05d}" for index in range(10)] == list(clip.stems())
    assert milliseconds(path) == VARIABLE_TIMES
    assert (clip.info.frame_count, clip.info.variable_rate, clip.info.rate) == (10, True, Fraction(15, 2))


def test_a_late_start_is_kept(tmp_path: Path):
    path = write_video(tmp_path / "clip.mp4", numbered(3), [400, 440, 480])
    assert milliseconds(path) == [400, 440, 480]


def test_constant_rate_is_exact(tmp_path: Path):
    info = open_clip(write_video(tmp_path / "clip.mp4", numbered(10))).info
    assert (info.rate, info.variable_rate, info.kind, info.codec) == (Fraction(25), False, "video", "h264")


def test_times_rise_even_where_the_container_has_them_wrong(tmp_path: Path):
    path = write_video(tmp_path / "clip.avi", numbered(10), bf="2")
    times = milliseconds(path)
    assert times == sorted(set(times))
    assert [number_of(frame.image) for frame in open_clip(path)] == list(range(10))
    assert open_clip(path).info.frame_count == 10


def test_hidden_pictures_of_vp8_are_not_counted(tmp_path: Path):
    """Encoders put pictures that are referred to and never shown between the others."""
    shown = write_video(tmp_path / "shown.webm", numbered(10), codec="libvpx")
    path = tmp_path / "hidden.webm"
    with av.open(str(shown)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for index, packet in enumerate(source.demux(video=0)):
            if packet.size:
                content = bytearray(bytes(packet))
                content[0] &= 0xFF if index != 5 else 0xEF  # the bit says that it is shown
                copied = av.Packet(bytes(content))
                copied.stream, copied.pts, copied.dts = stream, packet.pts, packet.dts
                copied.time_base, copied.is_keyframe = packet.time_base, packet.is_keyframe
                target.mux(copied)
    assert open_clip(path).info.frame_count == len(list(open_clip(path))) == 9


def test_tags_that_are_not_utf_8(tmp_path: Path):
    path = write_video(tmp_path / "clip.mkv", numbered(3))
    content = path.read_bytes()
    assert content.count(b"DURATION") == 1
    path.write_bytes(content.replace(b"DURATION", b"Dur\xe9e 0\xff"))
    assert len(list(open_clip(path))) == 3
    assert find_audio(open_clip(path).info).copied == ()


@pytest.mark.parametrize("size", [(63, 48), (64, 47), (33, 31)])
def test_odd_sizes_stay(tmp_path: Path, size: tuple[int, int]):
    path = write_video(tmp_path / "clip.mkv", numbered(2, *size), codec="ffv1", pixel_format="bgr0")
    clip = open_clip(path)
    assert (clip.info.width, clip.info.height) == size
    for frame, image in zip(clip, numbered(2, *size), strict=True):
        np.testing.assert_array_equal(frame.image, image)


@pytest.mark.parametrize(
    ("turn", "rotation", "mirrored", "expected"),
    [
        (None, 0, False, "RGBW"),
        ((-90.0, False), 90, False, "BRWG"),
        ((180.0, False), 180, False, "WBGR"),
        ((90.0, False), 270, False, "GWRB"),
        ((0.0, True), 0, True, "GRWB"),
    ],
)
def test_pixels_stand_upright(
    tmp_path: Path, turn: tuple[float, bool] | None, rotation: int, mirrored: bool, expected: str
):
    clip = open_clip(write_video(tmp_path / "clip.mp4", [quadrants()] * 2, turn=turn))
    (first, _) = clip
    assert corners(first.image) == expected
    assert (clip.info.rotation, clip.info.mirrored) == (rotation, mirrored)
    assert first.image.shape[:2] == (clip.info.height, clip.info.width)
    assert (clip.info.width, clip.info.height) == ((48, 64) if rotation in (90, 270) else (64, 48))


def test_a_slanted_display_matrix_is_refused():
    matrix = np.array([46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30], np.int32).tobytes()
    with pytest.raises(InputError, match="not a turn by 0, 90, 180 or 270 degrees"):
        orientation_of(matrix)


@pytest.mark.parametrize("height", [480, 720])
def test_colours_without_a_tag_are_those_that_players_show(tmp_path: Path, height: int):
    """BT.709 for HD, BT.601 below: luma of pure green is 0.7152 and 0.587 of the range."""
    luma = 16 + 219 * (0.7152 if height == 720 else 0.587)
    chroma = (42, 26) if height == 720 else (54, 34)
    picture = av.VideoFrame(64 * height // 48, height, "yuv420p")
    for plane, value in zip(picture.planes, (round(luma), *chroma), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuv420p"
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    (frame,) = open_clip(path)
    np.testing.assert_allclose(frame.image[5, 5], (0, 255, 0), atol=CODED_COLOUR)


class TestRange:
    def test_numbers_and_times_are_those_of_the_whole_clip(self, tmp_path: Path):
        clip = open_clip(write_video(tmp_path / "clip.mkv", numbered(10), VARIABLE_TIMES), frames=(4, 7))
        frames = list(clip)
        assert [frame.index for frame in frames] == [4, 5, 6] == [number_of(frame.image) for frame in frames]
        assert [frame.stem for frame in frames] == ["00004", "00005", "00006"] == list(clip.stems())
        assert [round(1000 * frame.pts * frame.time_base) for frame in frames] == [310, 600, 1000]
        assert (clip.frames, clip.info.frame_count) == (range(4, 7), 10)

    def test_a_clip_can_be_read_again(self, tmp_path: Path):
        clip = open_clip(write_video(tmp_path / "clip.mp4", numbered(5)), frames=(1, 3))
        assert [frame.index for frame in clip] == [frame.index for frame in clip] == [1, 2]

    @pytest.mark.parametrize("frames", [(0, 11), (10, 12), (-1, 3), (3, 3), (5, 2)])
    @pytest.mark.parametrize("ending", ["mp4", "mkv"])
    def test_a_range_outside_the_clip_is_refused_at_once(self, tmp_path: Path, frames: tuple[int, int], ending: str):
        path = write_video(tmp_path / f"clip.{ending}", numbered(10))
        with pytest.raises(InputError, match=f"frames {frames[0]}:{frames[1]} are outside the clip, which has 10 "):
            open_clip(path, frames)


class TestRefused:
    def test_no_such_file(self, tmp_path: Path):
        with pytest.raises(InputError, match="nowhere.mp4: no such file"):
            open_clip(tmp_path / "nowhere.mp4")

    @pytest.mark.parametrize("name", ["notes.txt", "clip.mp4", "clip.nfo"])
    def test_text(self, tmp_path: Path, name: str):
        (tmp_path / name).write_text("no video at all\n" * 50)
        with pytest.raises(InputError, match=f"{name}: "):
            open_clip(tmp_path / name)

    def test_sound_alone(self, tmp_path: Path):
        path = tmp_path / "sound.wav"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            sound.sample_rate = 8000
            container.mux(stream.encode(sound))
        with pytest.raises(InputError, match="sound.wav: holds no video stream"):
            open_clip(path)

    def test_an_empty_file(self, tmp_path: Path):
        (tmp_path / "clip.mp4").touch()
        with pytest.raises(InputError, match="clip.mp4: not a video that can be read"):
            open_clip(tmp_path / "clip.mp4")


def test_damage_in_the_middle_is_told_of_with_the_frame(tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (8, 48, 64, 3), dtype=np.uint8)
    path = write_video(tmp_path / "clip.mov", list(noise), codec="png", pixel_format="rgb24")
    content = path.read_bytes()
    fifth = [match.start() for match in re.finditer(rb"\x89PNG", content)][4]
    path.write_bytes(content[:fifth] + bytes(2000) + content[fifth + 2000 :])
    frames = iter(open_clip(path))
    assert [next(frames).index for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(WorkError, match=r"clip\.mov: the clip breaks off at frame 4 \(it cannot be decoded"):
        next(frames)


def test_a_range_that_the_decoder_does_not_reach_is_told_of(tmp_path: Path):
    path = write_video(tmp_path / "clip.mkv", numbered(6))
    clip = open_clip(path, (0, 5))
    write_video(path, numbered(3))
    with pytest.raises(WorkError, match=r"clip\.mkv: the clip breaks off at frame 3 \(the data end before it"):
        list(clip)
