import json

import pytest

from vos.cli.progress import Stage, frame_progress, stage_progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that `time.monotonic` tells; a test changes its only item."""
    now = [100.0]
    monkeypatch.setattr("vos.cli.progress.time.monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_every_quarter_minute(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with frame_progress(40, "clip.mp4", quiet=False) as advance:
        for _ in range(40):
            clock[0] += 1
            advance()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "clip.mp4: 15 of 40 frames, 1.00 frames/s, 0:25 left",
        "clip.mp4: 30 of 40 frames, 1.00 frames/s, 0:10 left",
    ]


def test_each_stage_has_its_own_rate(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with stage_progress(quiet=False) as progress:
        first = progress("checking", 10)
        clock[0] += 5
        first(10)
        second = progress("tracking", 100)
        clock[0] += 20
        second(10)
    assert capsys.readouterr().err.splitlines() == ["tracking: 10 of 100 frames, 0.50 frames/s, 3:00 left"]


def test_events_are_lines_of_json_on_standard_output(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with frame_progress(4, "clip.mp4", quiet=False, events=True) as advance:
        for _ in range(4):
            clock[0] += 0.2
            advance()
    captured = capsys.readouterr()
    assert captured.err == ""
    assert [json.loads(line) for line in captured.out.splitlines()] == [
        {"event": "progress", "done": 2, "total": 4, "frames_per_second": 5.0, "seconds_left": 0.4},
        {"event": "progress", "done": 4, "total": 4, "frames_per_second": 5.0, "seconds_left": 0.0},
    ]


def test_quiet_is_quiet(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with frame_progress(4, "clip.mp4", quiet=True) as advance:
        clock[0] += 1e6
        advance()
    assert capsys.readouterr() == ("", "")


def test_a_stage_that_has_not_begun_has_no_rate() -> None:
    assert Stage(description="a", total=3, began=5.0, now=5.0).rate == 0.0
