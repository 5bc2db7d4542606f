import numpy as np
import pytest
import torch

from seggpt_core.window import WHOLE
from tests.vos.fake_model import ShadeModel
from tests.vos.flat_clips import SIZE, clip, picture
from vos.errors import InputError
from vos.models import build_model
from vos.settings import TrackerSettings
from vos.tracker import Tracker, check_mask
from vos.types import VOID, DeviceFrame, Frame


def tracker(model: ShadeModel | None = None, **settings: object) -> Tracker:
    return Tracker(
        model or ShadeModel(), TrackerSettings.model_validate({"size": SIZE, "memory": 2, "zoom": 1.0} | settings)
    )


def edge_free(truth: np.ndarray, predicted: np.ndarray) -> bool:
    """Equal but for pixels beside an edge of the truth: the model's output has half the size."""
    padded = np.pad(truth, 1, mode="edge")
    shifts = [padded[y : y + truth.shape[0], x : x + truth.shape[1]] for y in range(3) for x in range(3)]
    edge = np.any([shift != truth for shift in shifts], axis=0)
    return bool(((truth == predicted) | edge).all())


@pytest.mark.parametrize("objects", [[1], [3, 5], [1, 2, 3], [1, 2, 3, 4, 5, 6, 7]])
@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("colours", ["tetrahedron", "white"])
def test_objects_are_followed(objects: list[int], soft: bool, colours: str):
    frames = clip(12, objects)
    tracked = tracker(soft_memory=soft, colours=colours)
    first = tracked.start(*frames[0])
    np.testing.assert_array_equal(first.ids, frames[0][1])
    for frame, truth in frames[1:]:
        segmentation = tracked.step(frame)
        assert segmentation.index == frame.index
        assert segmentation.ids.dtype == np.uint8
        assert edge_free(truth, segmentation.ids)
        assert set(segmentation.confidence) == set(objects)
        assert min(segmentation.confidence.values()) > 0.5


@pytest.mark.parametrize(("colours", "passes"), [("tetrahedron", 2), ("white", 4)])
def test_a_pass_carries_as_many_objects_as_the_palette(colours: str, passes: int):
    model = ShadeModel()
    tracker(model, colours=colours).start(*clip(1, [1, 2, 3, 4])[0])
    (prompt,) = model.prompted
    assert prompt.passes == passes
    grey = torch.equal(prompt.targets[:, 0], prompt.targets[:, 2])
    assert grey == (colours == "white")


def test_ids_are_kept_as_they_are():
    (first, labels), (second, _) = picture({1: (10, 10), 2: (40, 60)}), picture({1: (20, 10), 2: (30, 60)}, 1)
    named = np.select([labels == 1, labels == 2], [254, 17], 0).astype(np.uint8)
    tracked = tracker()
    tracked.start(first, named)
    segmentation = tracked.step(second)
    assert segmentation.ids[25, 15] == 254
    assert segmentation.ids[35, 65] == 17
    assert set(np.unique(segmentation.ids)) == {0, 17, 254}


def test_a_frame_is_encoded_once_whatever_the_objects():
    model = ShadeModel()
    tracked = tracker(model)
    frames = clip(4, [1, 2, 3, 4, 5])
    tracked.start(*frames[0])
    late = np.where(frames[1][1] == 1, 99, 0).astype(np.uint8)
    tracked.start(frames[1][0], late)
    model.calls.clear()
    tracked.step(frames[2][0])
    assert model.calls == {"encode_frame": 1, "segment": 2, "encode_prompts": 2, "prepare": 2}


def test_memory_is_bounded_and_zero_is_the_mask_alone():
    for memory in (0, 3):
        model = ShadeModel()
        tracked = tracker(model, memory=memory)
        tracked.start(*picture({1: (10, 10)}))
        for index in range(1, 20):
            tracked.step(picture({1: (10, 10 + index)}, index)[0])
        assert model.calls["encode_prompts"] == (1 if memory == 0 else 20)
        assert model.calls["prepare"] == (1 if memory == 0 else 19)


def test_an_object_that_leaves_is_absent_and_found_again():
    tracked = tracker(policy="stride", stride=2)
    tracked.start(*picture({1: (10, 10), 2: (40, 10)}))
    for index in range(1, 30):
        away = 8 <= index < 20
        frame, truth = picture({2: (40, 10 + index)} if away else {1: (10, 10 + index), 2: (40, 10 + index)}, index)
        segmentation = tracked.step(frame)
        assert edge_free(truth, segmentation.ids)
        assert (segmentation.confidence[1] == 0) == away


def test_a_late_object_is_not_voted_down_by_frames_that_do_not_know_it():
    tracked = tracker(memory=6, policy="recent")
    tracked.start(
        *picture({1: (10, 10), 2: (40, 40)})[:1], np.where(picture({1: (10, 10)})[1] == 1, 1, 0).astype(np.uint8)
    )
    for index in range(1, 5):
        assert 2 not in tracked.step(picture({1: (10, 10), 2: (40, 40)}, index)[0]).ids
    frame, truth = picture({1: (10, 10), 2: (40, 40)}, 5)
    started = tracked.start(frame, np.where(truth == 2, 2, 0).astype(np.uint8))
    assert edge_free(truth, started.ids), "the first object keeps its prediction where the late mask says 0"
    for index in range(6, 12):
        frame, truth = picture({1: (10, 10 + index), 2: (40, 40 + index)}, index)
        assert edge_free(truth, tracked.step(frame).ids)


def test_a_late_object_covers_what_its_mask_covers():
    tracked = tracker()
    tracked.start(*picture({1: (10, 10)}))
    frame, truth = picture({1: (10, 10), 2: (10, 10)}, 1)
    started = tracked.start(frame, truth)
    np.testing.assert_array_equal(started.ids, truth)
    assert started.confidence == {1: 0.0, 2: 1.0}


def test_a_correction_overrides_and_is_remembered():
    model = ShadeModel()
    tracked = tracker(model, memory=0)
    tracked.start(*picture({1: (10, 10), 2: (40, 40)}))
    frame, truth = picture({1: (10, 10), 2: (40, 40), 3: (10, 60)}, 1)
    correction = np.where(truth == 3, 1, 0).astype(np.uint8)
    segmentation = tracked.start(frame, correction)
    expected = np.select([truth == 3, truth == 2], [1, 2], 0)
    assert edge_free(expected, segmentation.ids), "1 is only where it was put, 2 stays"
    frame, truth = picture({2: (40, 40), 3: (20, 60)}, 2)
    assert tracked.step(frame).ids[28, 68] == 1


def test_given_masks_are_trusted_more_than_predictions():
    """A late object's frame is given to its own cohort; to the first one it is a prediction, since it says nothing of
    its objects."""
    model = ShadeModel()
    tracked = tracker(model, trust=5)
    tracked.start(*picture({1: (10, 10)}))
    tracked.step(picture({1: (12, 10)}, 1)[0])
    tracked.start(picture({1: (14, 10), 2: (40, 40)}, 2)[0], picture({2: (40, 40)}, 2)[1])
    assert [prompt.trust for prompt in model.prompted] == [5, 1, 1, 5]


def test_void_is_unknown_in_prompts_and_never_written():
    model = ShadeModel()
    tracked = tracker(model)
    frame, labels = picture({1: (10, 10), 2: (40, 40)})
    labels = np.where(labels == 2, VOID, labels).astype(np.uint8)
    first = tracked.start(frame, labels)
    assert set(np.unique(first.ids)) == {0, 1}
    (prompt,) = model.prompted
    assert prompt.known is not None
    np.testing.assert_array_equal(prompt.known.numpy(), labels != VOID)
    assert VOID not in tracked.step(picture({1: (12, 10), 2: (40, 44)}, 1)[0]).ids


def test_void_in_a_correction_keeps_the_prediction():
    tracked = tracker()
    tracked.start(*picture({1: (10, 10), 2: (40, 40)}))
    frame, truth = picture({1: (10, 10), 2: (40, 40)}, 1)
    correction = np.where(truth == 1, 1, VOID).astype(np.uint8)
    assert edge_free(truth, tracked.start(frame, correction).ids)


def test_passes_carry_three_objects_and_keep_their_slots():
    model = ShadeModel()
    tracked = tracker(model)
    frames = clip(3, [1, 2, 3, 4, 5, 6, 7])
    tracked.start(*frames[0])
    for frame, _ in frames[1:]:
        tracked.step(frame)
    colours = [prompt.targets for prompt in model.prompted]
    assert [len(one) for one in colours] == [3, 3, 3]
    for targets, (_, labels) in zip(colours, frames, strict=True):
        for identity, slot in [(1, (1, 1, 0)), (5, (1, 0, 1))]:
            rows, columns = (where.mean() for where in np.nonzero(labels == identity))
            scale = targets.shape[-1] / labels.shape[1]
            seen = targets[(identity - 1) // 3, :, int(rows * scale), int(columns * scale)]
            torch.testing.assert_close(seen, torch.tensor(slot).float(), atol=0.1, rtol=0)  # remembered softly


def test_the_same_clip_gives_the_same_bytes():
    runs = []
    for _ in range(2):
        tracked = tracker()
        frames = clip(6, [1, 2, 3, 4])
        runs.append([tracked.start(*frames[0]), *(tracked.step(frame) for frame, _ in frames[1:])])
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one.ids, other.ids)
        assert one.confidence == other.confidence


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros((64, 95), np.uint8), r"frame 7 is 64x95 \(height x width\), but the frame is 64x96"),
        (np.zeros((64, 96), np.uint8), "frame 7 is empty"),
        (np.full((64, 96), VOID, np.uint8), "frame 7 is empty"),
        (np.ones((64, 96), np.int64), "int64 of shape"),
        (np.ones((64, 96, 3), np.uint8), "must be a uint8 array"),
        ([[1]], "frame 7 is list"),
    ],
)
def test_what_is_not_a_mask_is_refused(mask: np.ndarray, message: str):
    with pytest.raises(InputError, match=message):
        check_mask(mask, 7, (64, 96))


def test_ids_of_a_mask():
    mask = np.zeros((4, 4), np.uint8)
    mask[0], mask[1], mask[2] = 254, 3, VOID
    assert check_mask(mask, 0, (4, 4)) == (3, 254)


def test_frames_on_a_device_are_tracked_there(monkeypatch: pytest.MonkeyPatch):
    frames = clip(6, [1, 2])
    host, device = tracker(), tracker()
    on_device = [
        DeviceFrame(index=frame.index, tensor=torch.from_numpy(frame.image), stem=frame.stem) for frame, _ in frames
    ]

    def copied(_: DeviceFrame) -> None:
        raise AssertionError("the picture was copied to the host")

    monkeypatch.setattr(DeviceFrame, "image", property(copied))
    for (frame, ids), other in zip(frames, on_device, strict=True):
        expected = host.step(frame) if frame.index else host.start(frame, ids)
        found = device.step(other) if frame.index else device.start(other, ids)
        np.testing.assert_array_equal(found.ids, expected.ids)


def test_a_step_needs_a_start():
    with pytest.raises(InputError, match=r"frame 0 came before any mask"):
        tracker().step(picture({1: (10, 10)})[0])


def test_a_clip_keeps_its_size():
    tracked = tracker()
    tracked.start(*picture({1: (10, 10)}))
    with pytest.raises(InputError, match=r"frame 1 is 10x20 .* began with 64x96"):
        tracked.step(Frame(index=1, image=np.zeros((10, 20, 3), np.uint8), stem="00001"))


def test_a_size_must_suit_the_model():
    with pytest.raises(InputError, match="size 100x96: both sides must be multiples of 16"):
        tracker(size=(100, 96))


def wide_clip(frames: int, size: tuple[int, int] = (120, 200)) -> list[tuple[Frame, np.ndarray]]:
    """A red square that wanders to the right over a grey ground."""
    found = []
    for index in range(frames):
        image, labels = np.full((*size, 3), 110, dtype=np.uint8), np.zeros(size, dtype=np.uint8)
        place = np.s_[50:70, 10 + 5 * index : 30 + 5 * index]
        image[place], labels[place] = (255, 0, 0), 1
        found.append((Frame(index=index, image=image, stem=str(index)), labels))
    return found


def zoomed(model: ShadeModel, **settings: object) -> Tracker:
    return Tracker(model, TrackerSettings.model_validate({"pixels": 96 * 160, "zoom": 2.0} | settings))


def test_the_model_is_shown_the_object_and_its_surroundings():
    model, frames = ShadeModel(), wide_clip(25)
    tracked = zoomed(model)
    tracked.start(*frames[0])
    assert model.windows[0] == WHOLE, "a given frame is shown as a whole too"
    for frame, truth in frames[1:]:
        segmentation = tracked.step(frame)
        window = model.windows[-1]
        assert 0.25 <= window.height * window.width < 0.35
        assert edge_free(truth, segmentation.ids)
    assert len({window.left for window in model.windows}) > 3, "the window goes along"


def test_soft_masks_and_areas_are_those_of_the_whole_frame():
    model, frames = ShadeModel(), wide_clip(2)
    tracked = zoomed(model)
    tracked.start(*frames[0])
    segmentation = tracked.step(frames[1][0])
    ((_, plane),) = segmentation.soft.planes()
    assert plane.shape == (120, 200)
    assert edge_free(frames[1][1], (plane > 0.5).astype(np.uint8))
    (cohort,) = tracked.memory.cohorts
    assert cohort.records[-1].areas[1] == pytest.approx(400 / (120 * 200), rel=0.15)


def test_a_look_alike_that_comes_in_over_the_edge_is_no_part_of_the_object():
    model, frames = ShadeModel(), wide_clip(6)
    tracked = zoomed(model)
    tracked.start(*frames[0])
    for frame, truth in frames[1:]:
        frame.image[52:68, 66:82] = (255, 0, 0)
        segmentation = tracked.step(frame)
        window = model.windows[-1]
        assert window.left * 200 <= 66 < 82 <= (window.left + window.width) * 200, "it is shown"
        assert edge_free(truth, segmentation.ids), frame.index


def test_an_input_of_fixed_shape_keeps_that_of_the_frame():
    model, frames = ShadeModel(), wide_clip(3)
    tracked = zoomed(model, size=(96, 160))
    tracked.start(*frames[0])
    tracked.step(frames[1][0])
    assert model.windows[-1].height == pytest.approx(model.windows[-1].width, abs=0.02)


def test_a_model_that_takes_no_crops_is_shown_whole_frames():
    model, frames = ShadeModel(), wide_clip(4)
    model.crops = False
    tracked = zoomed(model)
    tracked.start(*frames[0])
    for frame, _ in frames[1:]:
        tracked.step(frame)
    assert set(model.windows) == {WHOLE}
    assert model.calls["encode_frame"] == 4


def test_a_thin_object_in_a_strip_is_shown_to_the_embedded_model():
    model = build_model(TrackerSettings(device="cpu"))
    image, labels = np.full((18, 2000, 3), 90, dtype=np.uint8), np.zeros((18, 2000), dtype=np.uint8)
    image[8:10, 100:1900], labels[8:10, 100:1900] = 200, 1
    tracked = Tracker(model, TrackerSettings(pixels=4096))
    tracked.start(Frame(index=0, image=image, stem="0"), labels)
    assert tracked.step(Frame(index=1, image=image, stem="1")).ids.shape == (18, 2000)


def test_another_tracker_goes_on_where_this_one_looked():
    model, frames = ShadeModel(), wide_clip(10)
    first, second = zoomed(model, memory=3), zoomed(model, memory=3)
    found = [first.start(*frames[0]), *(first.step(frame) for frame, _ in frames[1:6])]
    for record in first.memory.cohorts[0].records:
        mask = frames[0][1] if record.pinned else None
        second.recall(first.memory, frames[record.index][0], found[record.index], mask)
    assert second.memory == first.memory
    for frame, _ in frames[6:]:
        one, other = first.step(frame), second.step(frame)
        np.testing.assert_array_equal(one.ids, other.ids)
        assert one.confidence == other.confidence
        assert second.memory == first.memory
