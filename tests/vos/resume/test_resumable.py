"""A pass that is broken off after any frame, and gone on with in new objects, gives the very same segmentations."""

from pathlib import Path

import numpy as np
import pytest

from seggpt_core.prompt import InContextModel
from tests.vos.flat_clips import clip
from vos.guided import Guided
from vos.models import build_model
from vos.resume import Resumable, StoredPass
from vos.settings import TrackerSettings, load_tracker
from vos.soft_masks import PaintedMasks
from vos.tracker import Tracker
from vos.types import VOID, Frame, LabelMap, Segmentation

COUNT = 10


@pytest.fixture(scope="module")
def film() -> list[Frame]:
    """Noise over the squares: every pixel matters to what is remembered."""
    rng = np.random.default_rng(0)
    frames = [frame for frame, _ in clip(COUNT, [3, 5, 7])]
    noisy = [np.clip(frame.image + rng.normal(0, 25, frame.image.shape), 0, 255).astype(np.uint8) for frame in frames]
    return [Frame(index=frame.index, image=image, stem=frame.stem) for frame, image in zip(frames, noisy, strict=True)]


@pytest.fixture(scope="module")
def masks() -> dict[int, LabelMap]:
    """Two objects at first, a third from frame 4 on, and a correction of the first at frame 6, with unknown pixels."""
    truth = [ids for _, ids in clip(COUNT, [3, 5, 7])]
    first, later, correction = truth[0].copy(), truth[4].copy(), truth[6].copy()
    first[first == 7] = 0
    later[later != 7] = 0
    correction[correction != 3] = 0
    correction[:4, :4] = VOID
    return {0: first, 4: later, 6: correction}


@pytest.fixture(scope="module")
def model() -> InContextModel:
    return build_model(_settings().model_copy(update={"device": "cpu"}))


def _settings(**changes: object) -> TrackerSettings:
    return load_tracker("default", **{"device": "cpu", "size": "64x96", **changes})


def _segmenter(
    model: InContextModel,
    settings: TrackerSettings,
    masks: dict[int, LabelMap],
    stored: StoredPass,
    written: dict[int, Segmentation],
    backward: bool,
) -> Resumable:
    guided = Guided(Tracker(model, settings), masks, backward=backward)
    return Resumable(guided, stored, lambda frame: written[frame.index].ids)


@pytest.mark.parametrize("cut", [1, 4, 5, 7, 9])
@pytest.mark.parametrize(
    ("changes", "backward"),
    [
        ({"memory": 3}, False),
        ({"memory": 2, "policy": "recent"}, False),
        ({"memory": 0}, False),
        ({"memory": 3, "policy": "stride", "soft_memory": False}, True),
    ],
)
def test_a_pass_that_is_gone_on_with_is_the_pass_that_never_stopped(
    tmp_path: Path,
    model: InContextModel,
    film: list[Frame],
    masks: dict[int, LabelMap],
    changes: dict[str, object],
    backward: bool,
    cut: int,
) -> None:
    settings = _settings(**changes)
    frames = film[::-1] if backward else film
    given = {COUNT - 1 - index: mask for index, mask in masks.items()} if backward else masks
    written: dict[int, Segmentation] = {}

    def run(folder: str, frames: list[Frame]) -> list[Segmentation]:
        stored = StoredPass(tmp_path / folder, everything=False)
        segmenter = _segmenter(model, settings, given, stored, written, backward)
        found = []
        for frame in frames:
            found.append(segmenter.segment(frame))
            written[frame.index] = found[-1]
            stored.write(frame, found[-1])
        stored.close()
        return found

    straight = run("straight", frames)
    run("broken", frames[:cut])
    resumed = run("broken", frames)
    assert [one.stored for one in resumed] == [position < cut for position in range(COUNT)]
    for one, other in zip(straight, resumed, strict=True):
        np.testing.assert_array_equal(one.ids, other.ids)
        assert one.confidence == other.confidence
    assert {path.name for path in (tmp_path / "straight/frames").iterdir()} == {
        path.name for path in (tmp_path / "broken/frames").iterdir()
    }
    for one, other in zip(straight[cut:], resumed[cut:], strict=True):
        assert type(one.soft) is type(other.soft)
        if isinstance(one.soft, PaintedMasks) and isinstance(other.soft, PaintedMasks):
            for left, right in zip(one.soft.passes, other.soft.passes, strict=True):
                np.testing.assert_array_equal(left.numpy(), right.numpy())


def test_frames_that_nobody_remembers_leave_the_disk(
    tmp_path: Path, model: InContextModel, film: list[Frame], masks: dict[int, LabelMap]
) -> None:
    stored = StoredPass(tmp_path, everything=False)
    segmenter = _segmenter(model, _settings(memory=2), {0: masks[0]}, stored, {}, backward=False)
    for frame in film:
        stored.write(frame, segmenter.segment(frame))
        assert len(list((tmp_path / "frames").iterdir())) <= 3
    stored.close()


def test_everything_stays_where_it_is_asked_for(
    tmp_path: Path, model: InContextModel, film: list[Frame], masks: dict[int, LabelMap]
) -> None:
    stored = StoredPass(tmp_path, everything=True)
    segmenter = _segmenter(model, _settings(memory=2), {0: masks[0]}, stored, {}, backward=False)
    for frame in film:
        stored.write(frame, segmenter.segment(frame))
    stored.close()
    assert all(stored.spool.holds(frame.index) for frame in film)
