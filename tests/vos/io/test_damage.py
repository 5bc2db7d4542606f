"""Clips that break off: what comes before is read, and where it stops is told."""

from pathlib import Path

import av
import numpy as np
import pytest

from tests.vos.made_files import write_video
from vos.errors import TruncatedError
from vos.io import open_clip
from vos.io.declared_size import missing_bytes

COUNT = 10
KINDS = {
    "mp4": ("libx264", "yuv420p"),
    "mov": ("png", "rgb24"),
    "mkv": ("libx264", "yuv420p"),
    "webm": ("libvpx-vp9", "yuv420p"),
    "avi": ("mpeg4", "yuv420p"),
    "ts": ("libx264", "yuv420p"),
}


def noise() -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (COUNT, 48, 64, 3), dtype=np.uint8))


def write(folder: Path, ending: str) -> Path:
    """A clip of this kind whose header, where it has one, lies at its front."""
    codec, pixel_format = KINDS[ending]
    path = write_video(folder / f"made.{ending}", noise(), codec=codec, pixel_format=pixel_format)
    if ending not in ("mp4", "mov"):
        return path
    front = folder / f"front.{ending}"
    with av.open(str(path)) as source, av.open(str(front), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return front


def read(path: Path) -> tuple[list[int], TruncatedError | None]:
    """Numbers of the frames that come, and the error that ends them."""
    numbers = []
    try:
        for frame in open_clip(path):
            numbers.append(frame.index)
    except TruncatedError as error:
        return numbers, error
    return numbers, None


@pytest.mark.parametrize("share", [0.4, 0.7, 0.9])
@pytest.mark.parametrize("ending", KINDS)
def test_what_comes_before_the_end_is_read(tmp_path: Path, ending: str, share: float):
    path = write(tmp_path, ending)
    whole, error = read(path)
    assert (whole, error) == (list(range(COUNT)), None)
    content = path.read_bytes()
    size = int(len(content) * share)
    path.write_bytes(content[: size - (size % 188 == 0)])  # a transport stream cut between two packets looks whole
    numbers, error = read(path)
    assert numbers == list(range(len(numbers)))
    assert error is not None
    assert error.frame == len(numbers)
    assert f"{path}: the clip breaks off at frame {len(numbers)} (" in str(error)
    assert COUNT * share - 3 <= len(numbers) <= COUNT


def test_sound_pictures_beside_a_damaged_packet_are_kept(tmp_path: Path):
    """Nine packets are whole; B-frames and threads hold some of their pictures back when the tenth fails."""
    path = write(tmp_path, "mp4")
    path.write_bytes(path.read_bytes()[:-700])
    assert read(path)[0] == list(range(9))


def test_a_lost_picture_in_the_middle_is_no_silent_gap(tmp_path: Path):
    path = write(tmp_path, "mkv")
    with av.open(str(path)) as source:
        packets = [packet for packet in source.demux(video=0) if packet.size]
        spans = {packet.pts: bytes(packet) for packet in packets}
    content = path.read_bytes()
    fifth = spans[sorted(spans)[5]]
    path.write_bytes(content.replace(fifth, bytes(len(fifth))))
    numbers, error = read(path)
    assert numbers == [0, 1, 2, 3, 4]
    assert error is not None
    assert error.frame == 5


def test_made_up_parts_are_told_of(tmp_path: Path):
    """Bits flipped in the middle of one of H.264's pictures, which decoders conceal."""
    path = write_video(tmp_path / "clip.mkv", noise(), g="1", bf="0")
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as source:
        middle = [bytes(packet) for packet in source.demux(video=0) if packet.size][4]
    place = content.find(middle) + len(middle) // 2
    content[place : place + 8] = b"\xff" * 8
    path.write_bytes(content)
    frames = list(open_clip(path))
    assert [frame.index for frame in frames] == list(range(COUNT))
    assert [frame.index for frame in frames if frame.damaged] == [4]


def test_a_range_before_the_damage_is_whole(tmp_path: Path):
    path = write(tmp_path, "mp4")
    path.write_bytes(path.read_bytes()[:-700])
    assert [frame.index for frame in open_clip(path, (2, 7))] == [2, 3, 4, 5, 6]


def test_a_decoder_that_starts_inside_a_group_leaves_no_hole(tmp_path: Path):
    """Pictures that nothing can decode come before the first: they are no part of the clip."""
    path = write_video(tmp_path / "whole.mkv", noise(), g="5", bf="0")
    cut = tmp_path / "cut.mkv"
    with av.open(str(path)) as source, av.open(str(cut), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for index, packet in enumerate(source.demux(video=0)):
            if packet.size and index >= 3:
                packet.stream = stream
                target.mux(packet)
    clip = open_clip(cut)
    frames = list(clip)
    assert [frame.index for frame in frames] == list(range(clip.info.frame_count))
    assert len(frames) in (5, 7)


class TestMissingBytes:
    @pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm", "avi"])
    def test_of_a_file_cut_short(self, tmp_path: Path, ending: str):
        path = write(tmp_path, ending)
        assert missing_bytes(path) == 0
        path.write_bytes(path.read_bytes()[:-123])
        assert missing_bytes(path) == 123

    @pytest.mark.parametrize("content", [b"", b"RIFF", b"\x1a\x45\xdf\xa3", b"\x00\x00\x00\x00mdat", b"text" * 9])
    def test_nothing_is_said(self, tmp_path: Path, content: bytes):
        (tmp_path / "file").write_bytes(content)
        assert missing_bytes(tmp_path / "file") == 0

    def test_transport_streams_have_whole_packets(self, tmp_path: Path):
        path = write(tmp_path, "ts")
        assert missing_bytes(path) == 0
        path.write_bytes(path.read_bytes()[:-100])
        assert missing_bytes(path) == 100

    def test_sizes_of_64_bits_and_bytes_behind_the_last_box(self, tmp_path: Path):
        box = b"\x00\x00\x00\x01mdat" + (100).to_bytes(8, "big") + bytes(84)
        (tmp_path / "file").write_bytes(b"\x00\x00\x00\x08ftyp" + box + b"\xff" * 12)
        assert missing_bytes(tmp_path / "file") == 0
        (tmp_path / "file").write_bytes(b"\x00\x00\x00\x08ftyp" + box[:-20])
        assert missing_bytes(tmp_path / "file") == 20

    def test_a_live_recording_says_no_size(self, tmp_path: Path):
        (tmp_path / "file").write_bytes(
            b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67" + b"\x01" + b"\xff" * 7 + bytes(20)
        )
        assert missing_bytes(tmp_path / "file") == 0
