"""Clips that lose pictures in silence are told from sound ones by their times and headers."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.vos.made_files import VARIABLE_TIMES, numbered, write_video
from vos.errors import TruncatedError
from vos.io import open_clip
from vos.io.pace import leaps, lost_end

MILLISECOND = Fraction(1, 1000)
RATE = Fraction(25)


def found(times: Sequence[int], rate: Fraction | None = RATE) -> list[int] | None:
    return leaps(np.array(times, np.int64), MILLISECOND, [None, rate])


def end(times: Sequence[int], declared: Fraction | None, duration: int = 0, rate: Fraction | None = RATE) -> str:
    return lost_end(np.array(times, np.int64), duration, MILLISECOND, declared, [rate])


class TestLeaps:
    @pytest.mark.parametrize("times", [[], [0], [0, 40], [7, 47, 87, 127]])
    def test_of_a_constant_rate(self, times: list[int]):
        assert found(times) == []

    def test_the_pictures_behind_them_are_named(self):
        assert found([0, 40, 80, 120, 240, 280, 320, 400, 440]) == [4, 7]
        assert found([*range(0, 1000, 40), 526848]) == [25]

    def test_milliseconds_shift_a_rate(self):
        times = [round(1001 * index / 30) for index in range(20)]
        assert found(times, Fraction(30000, 1001)) == []
        assert found(times[:8] + times[9:], Fraction(30000, 1001)) == [8]

    @pytest.mark.parametrize(
        "times",
        [
            VARIABLE_TIMES,
            [0, 40, 80, 120, 150, 200, 280],  # one that is short beside one that is long
            [0, 40, 80, 160, 240, 280, 320, 400],  # as many leaps as steps, as where pictures that repeat are left out
            [40 * (index + index // 6) for index in range(60)],
        ],
    )
    def test_a_variable_rate_has_none(self, times: list[int]):
        assert found(times) is None

    @pytest.mark.parametrize("rate", [None, Fraction(30)])
    def test_a_rate_that_is_not_declared_is_not_known_for_constant(self, rate: Fraction | None):
        assert found([0, 40, 80, 120, 200], rate) is None


class TestLostEnd:
    TIMES = (0, 40, 80, 120)

    @pytest.mark.parametrize("declared", [None, Fraction(0), Fraction(1, 10), Fraction(16, 100), Fraction(18, 100)])
    def test_of_a_whole_clip(self, declared: Fraction | None):
        assert end(self.TIMES, declared) == ""

    def test_it_is_said_in_words(self):
        assert end(self.TIMES, Fraction(1, 5)) == "its pictures end at 0.16 s, and its header says 0.20 s"
        assert end([0], Fraction(1)) == "its pictures end at 0.04 s, and its header says 1.00 s"

    def test_a_few_pictures_are_held_to_the_rate_that_is_declared(self):
        assert end([0, 80], Fraction(24, 25)) == "its pictures end at 0.12 s, and its header says 0.96 s"
        assert end([0, 80], Fraction(3, 25)) == ""

    def test_a_last_picture_may_be_shown_for_long(self):
        assert end(self.TIMES, Fraction(5), duration=4880) == ""

    def test_nothing_tells_at_a_variable_rate(self):
        assert end(VARIABLE_TIMES, Fraction(9)) == ""
        assert end(self.TIMES, Fraction(9), rate=None) == ""


def copied(source: Path, target: Path, change: "Callable[[int, av.Packet], None]") -> Path:
    """The same packets, changed, in another file."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for index, packet in enumerate(old.demux(video=0)):
            if packet.size:
                change(index, packet)
                packet.stream = stream
                new.mux(packet)
    return target


def with_sound(path: Path, seconds: int) -> Path:
    """Ten pictures beside sound that lasts for so long."""
    with av.open(str(path), "w") as container:
        video, sound = container.add_stream("mpeg4", rate=25), container.add_stream("pcm_s16le", rate=8000)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for image in numbered(10):
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        for index in range(seconds):
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
            samples.sample_rate, samples.pts = 8000, 8000 * index
            container.mux(sound.encode(samples))
        container.mux([*video.encode(None), *sound.encode(None)])
    return path


class TestFiles:
    @pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
    @pytest.mark.parametrize("times", [VARIABLE_TIMES, [400 + 40 * index for index in range(10)]])
    def test_sound_clips_have_no_gap(self, tmp_path: Path, ending: str, times: list[int]):
        clip = open_clip(write_video(tmp_path / f"clip.{ending}", numbered(10), times))
        assert (len(list(clip)), clip.info.gaps) == (10, ())

    @pytest.mark.parametrize("ending", ["mkv", "mov", "avi"])
    def test_sound_may_be_longer(self, tmp_path: Path, ending: str):
        clip = open_clip(with_sound(tmp_path / f"clip.{ending}", 3))
        assert (len(list(clip)), clip.info.gaps) == (10, ())

    @pytest.mark.parametrize("ending", ["mp4", "mkv"])
    def test_a_long_last_picture(self, tmp_path: Path, ending: str):
        source = write_video(tmp_path / "clip.mp4", numbered(10), bf="0")

        def prolong(index: int, packet: av.Packet) -> None:
            packet.duration = packet.duration * (50 if index == 9 else 1)

        clip = open_clip(copied(source, tmp_path / f"long.{ending}", prolong))
        assert (len(list(clip)), clip.info.gaps) == (10, ())

    @pytest.mark.parametrize("flags", ["frag_keyframe+empty_moov", "faststart"])
    def test_fragments(self, tmp_path: Path, flags: str):
        source = write_video(tmp_path / "clip.mp4", numbered(10), g="4")
        target = tmp_path / "fragments.mp4"
        with av.open(str(source)) as old, av.open(str(target), "w", options={"movflags": flags}) as new:
            stream = new.add_stream_from_template(old.streams.video[0])
            for packet in old.demux(video=0):
                if packet.size:
                    packet.stream = stream
                    new.mux(packet)
        clip = open_clip(target)
        assert (len(list(clip)), clip.info.gaps) == (10, ())

    @pytest.mark.parametrize("ending", ["mkv", "ts"])
    def test_a_picture_that_is_gone(self, tmp_path: Path, ending: str):
        clip = open_clip(write_video(tmp_path / f"gap.{ending}", numbered(9), [*range(0, 240, 40), 280, 320, 360]))
        assert (len(list(clip)), clip.info.gaps) == (9, (6,))

    def test_an_edit_list_leaves_pictures_out_by_right(self, tmp_path: Path):
        """Pictures before time 0 are in the file, and are not shown."""
        source = write_video(tmp_path / "clip.mkv", numbered(10), g="1")

        def earlier(_: int, packet: av.Packet) -> None:
            packet.pts, packet.dts = packet.pts - 80, packet.dts - 80

        clip = open_clip(copied(source, tmp_path / "cut.mp4", earlier))
        assert (len(list(clip)), clip.info.gaps) == (8, ())

    def test_fewer_pictures_than_the_header_tells_of(self, tmp_path: Path):
        """The table that spreads pictures over chunks is emptied of all but the first four."""
        path = write_video(tmp_path / "clip.mp4", numbered(10), g="1")
        content = bytearray(path.read_bytes())
        table = content.index(b"stsc") + 8
        assert content[table : table + 16] == b"".join(value.to_bytes(4, "big") for value in (1, 1, 10, 1))
        content[table + 8 : table + 12] = (4).to_bytes(4, "big")
        path.write_bytes(content)
        with pytest.raises(TruncatedError, match="at frame 4 .its header tells of 10 pictures, and 4 are there"):
            list(open_clip(path))

    def test_damage_inside_leaves_an_early_end(self, tmp_path: Path):
        """Bytes in the place of a cluster's third picture make FFmpeg go to the next cluster, and there is none."""
        path = write_video(tmp_path / "clip.webm", numbered(10), codec="libvpx-vp9", g="1")
        with av.open(str(path)) as source:
            (third,) = [bytes(packet) for index, packet in enumerate(source.demux(video=0)) if index == 2]
        content = path.read_bytes()
        at = content.index(third) - 12
        path.write_bytes(content[:at] + bytes(12) + content[at + 12 :])
        with pytest.raises(TruncatedError, match="its header says 0.40 s") as error:
            list(open_clip(path))
        assert error.value.frame == 2
