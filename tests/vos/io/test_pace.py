"""Times and headers tell of pictures that FFmpeg passed over."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from tests.vos.made_files import numbered, write_video
from vos.io import open_clip
from vos.io.pace import ends_early, leaps

MS = Fraction(1, 1000)
RATE = Fraction(25)


def container(name: str = "matroska,webm", streams: int = 1, duration: int | None = None) -> Any:
    return SimpleNamespace(format=SimpleNamespace(name=name), streams=[None] * streams, duration=duration)


def stream(tag: str | None = None, bit_rate: int | None = None) -> Any:
    metadata = {} if tag is None else {"DURATION": tag}
    return SimpleNamespace(metadata=metadata, codec_context=SimpleNamespace(bit_rate=bit_rate), average_rate=RATE)


def every_40_ms(*missing: int, count: int = 24) -> np.ndarray:
    return np.array([40 * index for index in range(count) if index not in missing], np.int64)


@pytest.mark.parametrize("missing", [(7,), (7, 8, 9), (3, 12)])
def test_a_hole_in_a_constant_rate_is_a_loss(missing: tuple[int, ...]) -> None:
    found = leaps(every_40_ms(*missing), MS, RATE, container())
    assert found == tuple(dict.fromkeys(np.searchsorted(every_40_ms(*missing), 40 * np.array(missing)).tolist()))


@pytest.mark.parametrize(
    ("times", "rate", "format"),
    [
        (every_40_ms(), RATE, "matroska,webm"),
        (every_40_ms() + np.arange(24) % 2, RATE, "matroska,webm"),  # milliseconds shift a constant rate
        (every_40_ms(3, 7, 11, 16), RATE, "matroska,webm"),  # a rate that varies
        (every_40_ms(7), Fraction(10), "matroska,webm"),  # not the rate that the header tells
        (every_40_ms(7), RATE, "mov,mp4,m4a,3gp,3g2,mj2"),  # cameras leave pictures out
        (np.array([0, 200], np.int64), RATE, "matroska,webm"),
    ],
)
def test_no_hole_where_there_is_none_or_it_cannot_be_told(times: np.ndarray, rate: Fraction, format: str) -> None:
    assert leaps(times, MS, rate, container(format)) == ()


def test_a_header_that_says_more_is_believed() -> None:
    told = "its pictures end at 0.44 s, and its header says 0.96 s"
    assert ends_early(every_40_ms(count=11), MS, container(), stream("00:00:00.960000000")) == told
    assert ends_early(every_40_ms(count=11), MS, container(duration=960_000), stream()) == told
    one = ends_early(every_40_ms(count=1), MS, container(), stream("00:00:00.960000000"))
    assert one == "its pictures end at 0.04 s, and its header says 0.96 s"


@pytest.mark.parametrize(
    ("times", "container", "stream"),
    [
        (every_40_ms(), container(), stream("00:00:00.960000000")),
        (every_40_ms(), container(), stream("00:00:00.980000000")),  # rounded
        (every_40_ms(count=11), container(streams=2, duration=960_000), stream()),  # the sound's, maybe
        (every_40_ms(count=11), container(duration=960_000), stream(bit_rate=9000)),  # an estimate
        (np.array([0, 40, 80, 100, 140], np.int64), container(), stream("00:00:05.000000000")),  # a last one that stays
        (every_40_ms(count=11), container("mpegts", duration=960_000), stream("00:00:00.960000000")),
        (every_40_ms(count=11), container(), stream("nonsense")),
    ],
)
def test_whole_clips_do_not_end_early(times: np.ndarray, container: Any, stream: Any) -> None:
    assert ends_early(times, MS, container, stream) == ""


def test_the_picture_after_a_hole_is_marked(tmp_path: Path) -> None:
    whole, holed = write_video(tmp_path / "whole.mkv", numbered(60), codec="ffv1"), tmp_path / "holed.mkv"
    with av.open(str(whole)) as source, av.open(str(holed), "w") as target:
        copy = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if packet.size and number != 4:
                packet.stream = copy
                target.mux(packet)
    assert [frame.index for frame in open_clip(holed) if frame.damaged] == [4]
    assert not any(frame.damaged for frame in open_clip(whole))
