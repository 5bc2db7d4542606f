from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import av
import pytest

from tests.vos.made_files import numbered, write_video
from vos.io.packets import PicturePackets, read_packets
from vos.io.probe import first_picture, opened


def packets_of(path: Path, broken_at: int | None = None) -> PicturePackets:
    """Of a file, which cannot be read on behind as many packets."""
    with opened(path) as (container, stream):
        first = first_picture(str(path), container, stream)
    with opened(path) as (container, stream):

        def demux(_: object) -> Iterator[Any]:
            yield from islice(container.demux(stream), broken_at)
            if broken_at is not None:
                raise av.BlockingIOError(11, "Resource temporarily unavailable")

        stand_in = cast(Any, SimpleNamespace(demux=demux, format=container.format))
        return read_packets(stand_in, stream, first)


def test_of_a_whole_file(tmp_path: Path):
    packets = packets_of(write_video(tmp_path / "clip.mp4", numbered(10), g="1"))
    assert packets.pts == packets.dts == [640 * index for index in range(10)]
    assert packets.entries == [True] * 10
    assert (packets.announced, packets.passed_over, packets.last_duration, packets.broken_off) == (10, 0, 640, "")


def test_a_file_that_cannot_be_read_on(tmp_path: Path):
    packets = packets_of(write_video(tmp_path / "clip.ts", numbered(10), g="1"), 8)
    assert (packets.count, packets.broken_off) == (8, "it cannot be read: Resource temporarily unavailable")


@pytest.mark.parametrize(("ending", "times"), [("mkv", True), ("avi", False)])
def test_containers_with_and_without_display_times(tmp_path: Path, ending: str, times: bool):
    packets = packets_of(write_video(tmp_path / f"clip.{ending}", numbered(10), codec="mpeg4"))
    assert (packets.times is not None) is times
    assert (packets.count, packets.count_is_sure, len(packets.order)) == (10, True, 10)
