"""Late ranges are read from a keyframe close before them, and are the same as if all had been decoded."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vos.made_files import write_video
from vos.errors import TruncatedError
from vos.io import backward, video
from vos.io.probe import VideoFacts, probe
from vos.io.seek import entry_times
from vos.io.video import VideoClip
from vos.types import Frame

COUNT = 40
UNEVEN = [40 * index + 15 * (index % 3) for index in range(COUNT)]
LATE = [1000 + 40 * index for index in range(COUNT)]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A clip of `COUNT` frames."""

    ending: str
    entries: Literal["keyframes", "first", "none"] = "keyframes"
    """Where decoding may begin."""
    options: dict[str, Any] = field(default_factory=dict)
    times: Sequence[int] | None = None


H264 = {"g": "8", "sc_threshold": "0"}
KINDS = {
    "h264-b-frames-mp4": Kind(ending="mp4", options={**H264, "bf": "3"}),
    "h264-short-groups-mkv": Kind(ending="mkv", options={"g": "3", "bf": "2"}),
    "h264-late-start-mp4": Kind(ending="mp4", options={**H264, "bf": "2"}, times=LATE),
    "h264-variable-mkv": Kind(ending="mkv", options={**H264, "bf": "2"}, times=UNEVEN),
    "h264-turned-mov": Kind(ending="mov", options={**H264, "turn": (90.0, False)}),
    # keyframes of open groups may be referred past in H.264, not in HEVC and MPEG-4
    "h264-open-mkv": Kind(ending="mkv", entries="first", options={**H264, "bf": "2", "x264-params": "open-gop=1"}),
    "hevc-open-mkv": Kind(
        ending="mkv", options={"codec": "libx265", "x265-params": "keyint=8:open-gop=1:scenecut=0:log-level=none"}
    ),
    "mpeg4-b-frames-mp4": Kind(ending="mp4", options={"codec": "mpeg4", "g": "8", "bf": "2"}),
    "vp9-webm": Kind(ending="webm", options={"codec": "libvpx-vp9", "g": "8"}),
    "prores-mov": Kind(ending="mov", options={"codec": "prores_ks", "pixel_format": "yuv422p10le"}),
    "mpeg4-avi": Kind(ending="avi", entries="none", options={"codec": "mpeg4", "g": "8"}),
    "h264-ts": Kind(ending="ts", entries="none", options=H264),
}
SOUGHT = [name for name, kind in KINDS.items() if kind.entries == "keyframes"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@cache
def pictures() -> list[np.ndarray]:
    """Noise under a moving square: each picture differs from every other."""
    rng = np.random.default_rng(0)
    made = []
    for index in range(COUNT):
        picture = rng.integers(0, 40, (48, 64, 3)).astype(np.uint8)
        picture[4 : 4 + index, index : index + 16] += np.uint8(5 * index)
        made.append(picture)
    return made


@cache
def made(folder: Path, name: str) -> tuple[VideoFacts, list[Frame]]:
    """The clip, and its frames as they are when all are decoded."""
    kind = KINDS[name]
    path = write_video(folder / f"{name}.{kind.ending}", pictures(), kind.times, **kind.options)
    facts = probe(path)
    return facts, list(VideoClip(facts))


def require_equal(found: Sequence[Frame], expected: Sequence[Frame]) -> None:
    assert [(one.index, one.stem, one.pts, one.time_base) for one in found] == [
        (one.index, one.stem, one.pts, one.time_base) for one in expected
    ]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


@pytest.mark.parametrize("name", KINDS)
def test_entries_are_keyframes_that_nothing_later_refers_past(folder: Path, name: str):
    facts, frames = made(folder, name)
    assert len(frames) == COUNT
    with av.open(str(facts.path)) as source:
        keyframes = [packet.pts for packet in source.demux(video=0) if packet.size and packet.is_keyframe]
    assert len(keyframes) >= COUNT / 8
    expected = {"keyframes": keyframes, "first": keyframes[:1], "none": []}[KINDS[name].entries]
    assert facts.entries.tolist() == expected


@pytest.mark.parametrize("name", KINDS)
@settings(deadline=None, max_examples=12)
@given(data=st.data())
def test_any_range_has_the_frames_of_the_whole_clip(folder: Path, name: str, data: st.DataObject):
    facts, frames = made(folder, name)
    start = data.draw(st.integers(0, COUNT - 1))
    stop = data.draw(st.integers(start + 1, COUNT))
    require_equal(list(VideoClip(facts, (start, stop))), frames[start:stop])


def test_numbers_hold_behind_an_edit_list_that_begins_inside_a_group(folder: Path):
    whole, frames = made(folder, "h264-b-frames-mp4")
    path = folder / "edited.mp4"
    with (
        av.open(str(whole.path)) as source,
        av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size and packet.pts is not None and packet.dts is not None:
                packet.pts, packet.dts = packet.pts - frames[5].pts, packet.dts - frames[5].pts
                packet.stream = stream
                target.mux(packet)
    facts = probe(path)
    edited = list(VideoClip(facts))
    assert len(facts.entries) == 4
    np.testing.assert_array_equal(edited[0].image, frames[5].image)
    for start in range(len(edited)):
        require_equal(list(VideoClip(facts, (start, min(start + 3, len(edited))))), edited[start : start + 3])


@pytest.mark.parametrize("name", SOUGHT)
def test_few_packets_are_read_for_a_late_range(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch):
    facts, frames = made(folder, name)
    read = counted(monkeypatch)
    require_equal(list(VideoClip(facts, (35, 37))), frames[35:37])
    assert 2 <= sum(read) <= 5 + 16  # two groups and the end, where the container reaches the entry before the nearest


@pytest.mark.parametrize("name", ["h264-b-frames-mp4", "h264-variable-mkv"])
def test_a_clip_is_read_backward_at_a_cost_that_grows_with_its_length(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
):
    facts, frames = made(folder, name)
    read = counted(monkeypatch)
    stretch = 4
    require_equal(list(backward(VideoClip(facts), most_bytes=stretch * frames[0].image.nbytes)), frames[::-1])
    assert sum(read) <= 5 * COUNT  # up to two groups of 8 and the decoder's delay, for every 4 frames


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that gets a 1 for every packet that is read after seeking."""
    read: list[int] = []
    find = video.packets_from

    def counting(*arguments: Any) -> Any:
        begin, packets = find(*arguments)
        return begin, (read.append(1) or packet for packet in packets)

    monkeypatch.setattr(video, "packets_from", counting)
    return read


@pytest.mark.parametrize("wrong", ["between frames", "every frame"])
@pytest.mark.parametrize("name", ["h264-b-frames-mp4", "h264-open-mkv", "mpeg4-b-frames-mp4"])
def test_where_seeking_leads_astray_all_is_decoded(folder: Path, name: str, wrong: str):
    facts, frames = made(folder, name)
    assert facts.times is not None
    misled = replace(facts, entries=facts.times + (1 if wrong == "between frames" else 0))
    require_equal(list(VideoClip(misled, (21, 30))), frames[21:30])


def test_a_range_behind_damage_is_read(folder: Path):
    facts, frames = made(folder, "h264-b-frames-mp4")
    content, packet = facts.path.read_bytes(), packets_of(facts.path)[12]
    path = folder / "damaged.mp4"
    path.write_bytes(content.replace(packet, bytes(len(packet))))
    damaged = VideoClip(probe(path))
    with pytest.raises(TruncatedError):
        list(damaged)
    require_equal(list(VideoClip(probe(path), (20, 30))), frames[20:30])


@pytest.mark.parametrize("number", [24, 28])
@pytest.mark.parametrize("start", [20, 26])
def test_damage_looks_as_it_does_in_the_whole_clip(
    folder: Path, number: int, start: int, monkeypatch: pytest.MonkeyPatch
):
    """In a keyframe, and behind it: what is made up for it depends on what was decoded before.

    Without threads: in them, FFmpeg now and then makes up something else.
    """
    monkeypatch.setattr(video, "_TRIES", ("NONE",))
    facts, _ = made(folder, "h264-b-frames-mp4")
    content, packet = bytearray(facts.path.read_bytes()), packets_of(facts.path)[number]
    place = content.find(packet) + len(packet) // 2
    content[place : place + 8] = b"\xff" * 8
    path = folder / f"concealed-{number}-{start}.mp4"
    path.write_bytes(content)
    damaged = probe(path)
    whole = list(VideoClip(damaged))
    assert [frame.index for frame in whole if frame.damaged] == [number]
    require_equal(list(VideoClip(damaged, (start, 35))), whole[start:35])


def packets_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as source:
        return [bytes(packet) for packet in source.demux(video=0) if packet.size]


def test_an_entry_behind_which_an_earlier_packet_is_shown_is_none():
    pts, entries = [0, 3, 1, 2, 5, 4, 8, 6, 9], [True, False, False, False, True, True, True, False, True]
    assert entry_times(pts, entries).tolist() == [0, 5, 8, 9]
    assert entry_times([], []).tolist() == []
