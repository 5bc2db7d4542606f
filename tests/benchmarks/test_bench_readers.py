import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import bench_readers
from benchmarks.made_clip import write_clip
from vos.io.probe import VideoFacts
from vos.io.readers import choose
from vos.io.readers.source import Source
from vos.io.video import VideoClip


def brighter_later(facts: VideoFacts, device: str, frames: range) -> Iterator[Any]:
    """PyAV's pictures, the second of them much too bright."""
    for frame in VideoClip(facts, (frames.start, frames.stop)):
        yield frame.image + 40 * (frame.index == 1)


def test_a_short_run_says_what_was_read_and_what_was_not(capsys: pytest.CaptureFixture[str]):
    bench_readers.main(["--frames", "6", "--size", "64,96", "--rounds", "1", "--threads", "1"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    read = {one["reader"]: one for one in result["readers"]}
    assert read["pyav"]["mean_difference"] == 0
    assert read["pyav"]["times_pyav"] == 1
    assert all(one["per_second"] > 0 for one in read.values())
    assert set(read) | set(result["left_out"]) == set(choose.READERS) - {"auto", "images"}


def test_wrong_frames_are_not_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_clip(tmp_path / "clip.mp4", 4, (64, 96))
    wrong = Source(name="decord", pictures=brighter_later, devices=frozenset({"cpu"}), turns=True, own_matrix=False)
    others = tuple(replace(wrong, name=name, devices=frozenset({"none"})) for name in choose.READERS[3:6])
    monkeypatch.setattr(choose.open_video, "__defaults__", ((wrong, *others),))
    with pytest.raises(bench_readers.WrongFrames, match="decord: a frame differs from PyAV's by"):
        bench_readers.check(tmp_path / "clip.mp4", "cpu")
