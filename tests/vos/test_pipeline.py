import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest

import vos
from tests.vos.fake_model import ShadeModel
from tests.vos.flat_clips import SIZE, clip, picture
from vos.errors import InputError, TruncatedError, WorkError
from vos.pipeline import run
from vos.settings import TrackerSettings
from vos.tracker import Tracker
from vos.types import Frame, Segmentation

PROMPTLY_S = 10.0
"""Far more than any of these runs takes, far less than a hang."""


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self, fail_at: int | None = None, fail_on: str = "write") -> None:
        self.written: list[Segmentation] = []
        self.ends: list[str] = []
        self.fail_at = fail_at
        self.fail_on = fail_on

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        assert frame.index == segmentation.index
        if self.fail_on == "write" and frame.index == self.fail_at:
            raise WorkError("disk full")
        self.written.append(segmentation)

    def close(self) -> None:
        self.ends.append("close")
        if self.fail_on == "close":
            raise WorkError("cannot rename")

    def abort(self) -> None:
        self.ends.append("abort")
        if self.fail_on == "abort":
            raise OSError("gone")


def tracker() -> Tracker:
    return Tracker(ShadeModel(), TrackerSettings(size=SIZE, memory=2))


def pictures(count: int) -> list[Frame]:
    return [frame for frame, _ in clip(count, [1, 2])]


MASK = clip(1, [1, 2])[0][1]


def promptly(work: Callable[[], object]) -> BaseException:
    """The error that the work ends with; no thread of its is left."""
    began = time.monotonic()
    with pytest.raises(BaseException) as raised:  # noqa: PT011 - the caller looks at it
        work()
    assert time.monotonic() - began < PROMPTLY_S
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("vos-")]
    return raised.value


@pytest.mark.parametrize("count", [1, 2, 30])
def test_frames_out_are_frames_in(count: int):
    sinks, seen = [Kept(), Kept()], []
    stats = run(iter(pictures(count)), {0: MASK}, tracker(), sinks, seen.append)
    for sink in sinks:
        assert [one.index for one in sink.written] == list(range(count))
        assert sink.ends == ["close"]
    assert seen == sinks[0].written
    assert stats.frames == count
    assert 0 < stats.seconds_tracking <= stats.seconds_total
    assert stats.frames_per_second == count / stats.seconds_total


def test_the_pipeline_says_what_the_tracker_says():
    sink, alone = Kept(), tracker()
    run(pictures(10), {0: MASK}, tracker(), [sink])
    for frame, written in zip(pictures(10), sink.written, strict=True):
        expected = alone.start(frame, MASK) if frame.index == 0 else alone.step(frame)
        np.testing.assert_array_equal(written.ids, expected.ids)
        assert written.confidence == expected.confidence


def test_a_reader_that_fails_leaves_what_was_read():
    def broken() -> Iterator[Frame]:
        yield from pictures(20)[:12]
        raise WorkError("clip.mp4: damaged at frame 12")

    sink = Kept()
    error = promptly(lambda: run(broken(), {0: MASK}, tracker(), [sink]))
    assert isinstance(error, WorkError)
    assert str(error) == "clip.mp4: damaged at frame 12"
    assert len(sink.written) == 12
    assert sink.ends == ["abort"]


def test_a_clip_that_breaks_off_ends_as_if_it_were_whole():
    def broken() -> Iterator[Frame]:
        yield from pictures(20)[:12]
        raise TruncatedError("clip.mp4: the clip breaks off at frame 12", 12)

    sink = Kept()
    error = promptly(lambda: run(broken(), {0: MASK, 15: MASK}, tracker(), [sink]))
    assert isinstance(error, TruncatedError)
    assert error.frame == len(sink.written) == 12
    assert sink.ends == ["close"]


def test_a_clip_that_breaks_off_at_once_has_failed():
    def broken() -> Iterator[Frame]:
        raise TruncatedError("clip.mp4: the clip breaks off at frame 0", 0)
        yield

    sink = Kept()
    assert isinstance(promptly(lambda: run(broken(), {0: MASK}, tracker(), [sink])), TruncatedError)
    assert sink.ends == ["abort"]


def test_frames_with_made_up_parts_are_counted():
    frames = [replace(frame, damaged=frame.index in (3, 4)) for frame in pictures(6)]
    assert run(frames, {0: MASK}, tracker(), [Kept()]).damaged == [3, 4]


@pytest.mark.parametrize("at", [0, 5, 29])
def test_a_sink_that_fails_stops_everything(at: int):
    read = []

    def counted() -> Iterator[Frame]:
        for frame in pictures(1000):
            read.append(frame.index)
            yield frame

    bad, good = Kept(fail_at=at), Kept()
    error = promptly(lambda: run(counted(), {0: MASK}, tracker(), [good, bad]))
    assert str(error) == "disk full"
    assert bad.ends == good.ends == ["abort"]
    assert len(bad.written) == at
    assert len(read) < at + 40


@pytest.mark.parametrize("error", [WorkError("out of memory"), KeyboardInterrupt()])
def test_what_was_segmented_before_a_failure_is_written(error: BaseException):
    def interrupted(segmentation: Segmentation) -> None:
        if segmentation.index == 7:
            raise error

    class Slow(Kept):
        def write(self, frame: Frame, segmentation: Segmentation) -> None:
            time.sleep(0.01)
            super().write(frame, segmentation)

    sink = Slow()
    assert promptly(lambda: run(pictures(500), {0: MASK}, tracker(), [sink], interrupted)) is error
    assert [one.index for one in sink.written] == list(range(8))
    assert sink.ends == ["abort"]


class Interrupting(Kept):
    """A sink that waits until `count` frames are segmented; then Ctrl-C is pressed whenever it writes one of `at`."""

    def __init__(self, count: int, at: set[int]) -> None:
        super().__init__()
        self.last = count - 1
        self.at = at
        self.all_segmented = threading.Event()
        self.busy = False

    def note(self, segmentation: Segmentation) -> None:
        if segmentation.index == self.last:
            self.all_segmented.set()

    def write(self, frame: Frame, segmentation: Segmentation) -> None:
        self.busy = True
        self.all_segmented.wait(PROMPTLY_S)
        if frame.index in self.at:
            time.sleep(0.1)  # the main thread waits for this one by now
            main = threading.main_thread().ident
            assert main is not None
            signal.pthread_kill(main, signal.SIGINT)
            time.sleep(0.1)
        super().write(frame, segmentation)
        self.busy = False

    def abort(self) -> None:
        super().abort()
        assert not self.busy, "what a thread uses must not be taken from it"


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals of POSIX systems")
@pytest.mark.parametrize(
    ("at", "written"), [({1}, [0, 1, 2, 3, 4]), ({4}, [0, 1, 2, 3, 4]), ({1, 2}, [0, 1, 2]), ({1, 2, 4}, [0, 1, 2])]
)
def test_ctrl_c_waits_for_the_writer(at: set[int], written: list[int]):
    sink = Interrupting(5, at)
    error = promptly(lambda: run(pictures(5), {0: MASK}, tracker(), [sink], sink.note))
    assert isinstance(error, KeyboardInterrupt)
    assert [one.index for one in sink.written] == written
    assert sink.ends == ["abort"]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals of POSIX systems")
def test_ctrl_c_after_one_in_the_tracker_drops_what_waits():
    sink = Interrupting(5, {1})

    def interrupted(segmentation: Segmentation) -> None:
        sink.note(segmentation)
        if segmentation.index == 4:
            raise KeyboardInterrupt

    error = promptly(lambda: run(pictures(20), {0: MASK}, tracker(), [sink], interrupted))
    assert isinstance(error, KeyboardInterrupt)
    assert [one.index for one in sink.written] == [0, 1]
    assert sink.ends == ["abort"]


def test_a_tracker_that_fails_stops_the_reader():
    frames = pictures(20)
    frames[9] = Frame(index=9, image=np.zeros((10, 20, 3), np.uint8), stem="00009")
    sink = Kept()
    error = promptly(lambda: run(frames, {0: MASK}, tracker(), [sink]))
    assert isinstance(error, InputError)
    assert "frame 9 is 10x20" in str(error)
    assert len(sink.written) == 9


def test_a_sink_that_cannot_close_aborts():
    sinks = [Kept(), Kept(fail_on="close")]
    assert str(promptly(lambda: run(pictures(3), {0: MASK}, tracker(), sinks))) == "cannot rename"
    assert [sink.ends for sink in sinks] == [["close", "abort"], ["close", "abort"]]


def test_a_sink_that_cannot_abort_hides_no_error():
    sinks = [Kept(fail_on="abort"), Kept(fail_at=1)]
    error = promptly(lambda: run(pictures(3), {0: MASK}, tracker(), sinks))
    assert str(error) == "disk full"
    assert "Kept could not be aborted: gone" in error.__notes__
    assert sinks[1].ends == ["abort"]


def test_reading_runs_only_a_little_ahead():
    ahead = []

    def frames() -> Iterator[Frame]:
        for frame in pictures(60):
            ahead.append(frame.index)
            yield frame

    worst = 0

    def note(segmentation: Segmentation) -> None:
        nonlocal worst
        time.sleep(0.002)
        worst = max(worst, ahead[-1] - segmentation.index)

    run(frames(), {0: MASK}, tracker(), [Kept()], note)
    assert 1 <= worst <= 10


@pytest.mark.parametrize(
    ("frames", "masks", "message"),
    [
        ([], {0: MASK}, "the clip has no frames"),
        (pictures(3), {}, "masks are given for frames none, but the clip begins with frame 0"),
        (pictures(3), {-1: MASK, 0: MASK}, "masks are given for frames -1, 0, but the clip begins with frame 0"),
        (pictures(3), {0: MASK, 2: MASK[:5]}, "the mask of frame 2 is 5x96"),
    ],
)
def test_masks_are_checked_before_any_work(frames: Iterable[Frame], masks: dict[int, np.ndarray], message: str):
    sink = Kept()
    error = promptly(lambda: run(frames, masks, tracker(), [sink]))
    assert isinstance(error, InputError)
    assert message in str(error)
    assert sink.written == []
    assert sink.ends == ["abort"]


def test_a_mask_beyond_the_end_is_told_of_when_the_end_is_known():
    error = promptly(lambda: run(pictures(3), {0: MASK, 3: MASK, 99: MASK}, tracker(), [Kept()]))
    assert "frames that the clip has not (3, 99): its last is 2" in str(error)


def test_frames_before_the_first_mask_are_empty():
    sink = Kept()
    run(pictures(5), {2: MASK}, tracker(), [sink])
    found = sink.written
    assert [bool(one.ids.any()) for one in found[:3]] == [False, False, True]
    assert [one.index for one in found] == [0, 1, 2, 3, 4]
    assert found[0].soft is not None
    assert list(found[0].soft.planes()) == []
    assert found[0].confidence == {}


@pytest.fixture
def shade_tracker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vos.tracker.build_model", lambda settings: ShadeModel())


@pytest.mark.usefixtures("shade_tracker")
class TestPropagate:
    def test_arrays_and_one_mask(self):
        frames = pictures(5)
        found = list(vos.propagate((frame.image for frame in frames), MASK, size=SIZE, memory=2))
        sink = Kept()
        run(frames, {0: MASK}, tracker(), [sink])
        for one, other in zip(found, sink.written, strict=True):
            assert one.index == other.index
            np.testing.assert_array_equal(one.ids, other.ids)

    def test_it_is_lazy(self):
        def endless() -> Iterator[np.ndarray]:
            while True:
                yield picture({1: (10, 10)})[0].image

        found = vos.propagate(endless(), picture({1: (10, 10)})[1], size=SIZE)
        assert [next(found).index for _ in range(3)] == [0, 1, 2]

    def test_frames_keep_their_numbers_and_masks_may_come_later(self):
        frames = [picture({1: (10, 10), 2: (40, 40)}, index)[0] for index in range(10, 14)]
        labels = picture({1: (10, 10), 2: (40, 40)})[1]
        masks = {10: np.where(labels == 1, 1, 0).astype(np.uint8), 12: np.where(labels == 2, 2, 0).astype(np.uint8)}
        found = list(vos.propagate(frames, masks, size=SIZE))
        assert [(one.index, sorted(one.confidence)) for one in found] == [
            (10, [1]),
            (11, [1]),
            (12, [1, 2]),
            (13, [1, 2]),
        ]
        assert found[-1].ids[48, 48] == 2

    def test_settings_are_checked_at_once(self):
        with pytest.raises(InputError, match="memory is -1"):
            vos.propagate(iter([]), MASK, memory=-1)

    @pytest.mark.parametrize("frame", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), "frame.png"])
    def test_what_is_no_picture_is_refused(self, frame: object):
        with pytest.raises(InputError, match=r"frame 0 is .*: it must be a uint8 array of shape"):
            next(vos.propagate([frame], MASK))  # type: ignore[list-item]


def test_unknown_names_are_unknown():
    with pytest.raises(AttributeError, match="no attribute 'propagat'"):
        vos.propagat  # noqa: B018
