from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from seggpt_core.errors import InputError, WorkError
from seggpt_core.training.data.engine import MAKERS, MIN_SHARE, Sample, sample, settle
from seggpt_core.training.data.items import IGNORE
from seggpt_core.training.data.settings import PROBABILITIES, EngineConfig, KindWeights
from seggpt_core.training.data.shards import Library
from tests.conftest import Require
from tests.seggpt_core.training.data.made_shards import WriteTar, disc, every_kind, labelled, plain

SIZE = (64, 96)
SMALL = EngineConfig()
NONE = KindWeights(composite=0, whole=0, pairs=0, mix=0, clip=0)
KINDS = tuple(MAKERS)


def only(kind: str, config: EngineConfig = SMALL) -> EngineConfig:
    return replace(config, weights=replace(NONE, **{kind: 1.0}))


@pytest.fixture
def library(write_tar: WriteTar) -> Library:
    return Library.open([write_tar("all.tar", every_kind())])


def same(one: Sample, other: Sample) -> bool:
    return (
        one.kind == other.kind and np.array_equal(one.images, other.images) and np.array_equal(one.labels, other.labels)
    )


def check(made: Sample, frames: int, size: tuple[int, int], objects: int) -> None:
    """What holds for every sample."""
    assert made.images.shape == (frames, *size, 3)
    assert made.images.dtype == np.uint8
    assert made.labels.shape == (frames, *size)
    assert made.labels.dtype == np.uint8
    prompted = set(np.unique(made.labels[:-1]).tolist()) - {0, IGNORE}
    assert prompted == set(range(1, made.objects + 1))
    assert 1 <= made.objects <= objects
    counts = np.bincount(made.labels[0].ravel(), minlength=256)[1:IGNORE]
    assert counts.max() >= MIN_SHARE * size[0] * size[1]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_keeps_the_rules(library: Library, kind: str) -> None:
    for index in range(6):
        made = sample(library, only(kind), 3, index, SIZE)
        assert made.kind == kind
        check(made, 3, (64, 96), 3)


def test_a_sample_depends_on_seed_and_index_alone(library: Library, write_tar: WriteTar) -> None:
    forwards = [sample(library, SMALL, 5, index, SIZE) for index in range(12)]
    np.random.seed(0)
    cv2.setRNGSeed(0)
    opened_again = Library.open([write_tar("again.tar", dict(reversed(every_kind().items())))])
    backwards = [sample(opened_again, SMALL, 5, index, SIZE) for index in reversed(range(12))]
    assert all(same(one, other) for one, other in zip(forwards, reversed(backwards), strict=True))


def test_other_seeds_and_indices_give_other_samples(library: Library) -> None:
    first = sample(library, SMALL, 5, 0, SIZE)
    assert not same(first, sample(library, SMALL, 5, 1, SIZE))
    assert not same(first, sample(library, SMALL, 6, 0, SIZE))


@pytest.mark.parametrize(("frames", "size", "objects"), [(2, (48, 48), 1), (5, (96, 64), 6)])
def test_frames_size_and_objects_can_be_set(library: Library, frames: int, size: tuple[int, int], objects: int) -> None:
    config = EngineConfig(frames=frames, objects=objects, weights=KindWeights(clip=0))
    for index in range(6):
        check(sample(library, config, 1, index, size), frames, size, objects)


def test_weights_decide_what_is_drawn(library: Library) -> None:
    config = replace(SMALL, weights=replace(NONE, whole=1.0, clip=1.0))
    kinds = [sample(library, config, 0, index, SIZE).kind for index in range(40)]
    assert set(kinds) == {"whole", "clip"}
    assert 10 <= kinds.count("whole") <= 30


def pictures(number: int) -> list[tuple[str, np.ndarray]]:
    """A frame of a clip and its labels, by their suffixes."""
    return list(zip(("webp", "png"), labelled(number), strict=True))


def test_what_the_library_lacks_is_left_out(write_tar: WriteTar) -> None:
    cutouts = Library.open(
        [write_tar("c.tar", {"cutouts_tuxpaint/a.webp": disc((9, 200, 9)), "backgrounds/b.webp": plain((200, 9, 9))})]
    )
    assert {sample(cutouts, SMALL, 0, index, SIZE).kind for index in range(8)} == {"composite"}
    with pytest.raises(InputError, match="serves composite, but none of that has a weight"):
        sample(cutouts, only("clip"), 0, 0, SIZE)


def test_masks_without_objects_are_an_error(write_tar: WriteTar) -> None:
    empty = {"ccp/1.webp": plain((1, 2, 3)), "ccp/1.png": np.zeros((96, 96), np.uint8)}
    with pytest.raises(WorkError, match="sample 7 of seed 0: no whole with a visible object"):
        sample(Library.open([write_tar("e.tar", empty)]), only("whole"), 0, 7, SIZE)


CLEAN_SIZE = (128, 128)
CLEAN = EngineConfig(
    objects=1,
    weights=replace(NONE, composite=1.0),
    twins=0,
    occluders=0,
    crowds=0,
    shadows=0,
    near=0,
    thin_parts=0,
    leaves=0,
    returns=0,
    motion_blur=0,
    blemishes=0,
)


def red_pixels(image: np.ndarray) -> np.ndarray:
    """Where the red disc of `red_library` is at least half opaque over its grey background."""
    return image[..., 0].astype(int) - image[..., 2] > 85


@pytest.fixture
def red_library(write_tar: WriteTar) -> Library:
    """A red disc, and grey to put it on."""
    members = {"cutouts_tuxpaint/disc.webp": disc((255, 0, 0), 128), "backgrounds/grey.webp": plain((90, 90, 90))}
    return Library.open([write_tar("red.tar", members)])


def test_labels_lie_on_the_object(red_library: Library) -> None:
    for index in range(12):
        made = sample(red_library, CLEAN, 2, index, CLEAN_SIZE)
        for image, labels in zip(made.images, made.labels, strict=True):
            union = np.logical_or(red_pixels(image), labels == 1).sum()
            overlap = np.logical_and(red_pixels(image), labels == 1).sum()
            assert overlap >= 0.85 * union  # motion blur and small discs leave a rim of one or two pixels


@pytest.mark.parametrize("change", [{"twins": 1.0}, {"occluders": 1.0}, {"crowds": 1.0}, {"crowds": 1.0, "herds": 1.0}])
def test_twins_occluders_and_crowds_are_background(red_library: Library, change: dict[str, float]) -> None:
    seen_apart = 0
    for index in range(12):
        made = sample(red_library, replace(CLEAN, elastic=0, **change), 2, index, CLEAN_SIZE)
        assert made.objects == 1
        spare = red_pixels(made.images[0]) & (made.labels[0] == 0)
        seen_apart += int(spare.sum() > 60)
    assert seen_apart >= 6


def test_siblings_are_objects_that_look_alike(write_tar: WriteTar) -> None:
    """Discs of three colours: only siblings have one colour all."""
    colours = {"red": (255, 20, 20), "green": (20, 255, 20), "blue": (20, 20, 255)}
    members = {f"cutouts_tuxpaint/{name}.webp": disc(colour, 128) for name, colour in colours.items()}
    library = Library.open([write_tar("discs.tar", {**members, "backgrounds/grey.webp": plain((90, 90, 90))})])
    config = replace(CLEAN, objects=3)

    def alike(share: float) -> list[bool]:
        """Whether all objects of the first frame have one colour, for each sample of several."""
        made = [sample(library, replace(config, siblings=share), 2, index, CLEAN_SIZE) for index in range(24)]
        found = [
            {int(one.images[0][one.labels[0] == value].mean(0).argmax()) for value in np.unique(one.labels[0])[1:]}
            for one in made
            if len(np.unique(one.labels[0])) > 2
        ]
        assert len(found) >= 6
        return [len(kinds) == 1 for kinds in found]

    assert all(alike(1.0))
    assert sum(alike(0.0)) < len(alike(0.0)) / 2


def test_an_object_that_leaves_is_in_no_picture_of_that_frame(red_library: Library) -> None:
    for index in range(12):
        made = sample(red_library, replace(CLEAN, leaves=1.0), 2, index, CLEAN_SIZE)
        absent = [number for number, labels in enumerate(made.labels) if not labels.any()]
        assert absent
        assert 0 not in absent
        assert not any(red_pixels(made.images[number]).any() for number in absent)


def test_an_object_that_returns_is_gone_for_a_while_and_back_at_the_end(red_library: Library) -> None:
    back = 0
    for index in range(16):
        made = sample(red_library, replace(CLEAN, frames=6, returns=1.0), 2, index, CLEAN_SIZE)
        absent = [number for number, labels in enumerate(made.labels) if not labels.any()]
        gone = [number for number in absent if not red_pixels(made.images[number]).any()]
        assert gone
        assert 0 not in gone
        back += bool(made.labels[-1].any())
    assert back >= 12  # the camera may leave it outside


def test_things_near_the_camera_hide_and_are_background(red_library: Library) -> None:
    config = replace(CLEAN, elastic=0, parallax=0)
    free = [sample(red_library, config, 3, index, CLEAN_SIZE) for index in range(16)]
    hidden = [sample(red_library, replace(config, near=1.0), 3, index, CLEAN_SIZE) for index in range(16)]
    changed = [(one.images[0] != other.images[0]).any(-1) for one, other in zip(free, hidden, strict=True)]
    assert sum(np.count_nonzero(where) > 60 for where in changed) >= 14  # few lie outside as good as whole
    fewer = [(one.labels == 1).sum() > (other.labels == 1).sum() for one, other in zip(free, hidden, strict=True)]
    assert sum(fewer) >= 4
    assert all(other.objects == 1 for other in hidden)


def test_thin_parts_belong_to_their_object(red_library: Library) -> None:
    """Every red pixel is labelled or touches one that is."""
    for index in range(12):
        made = sample(red_library, replace(CLEAN, thin_parts=1.0), 2, index, CLEAN_SIZE)
        for image, labels in zip(made.images, made.labels, strict=True):
            assert cv2.dilate(labels, np.ones((3, 3), np.uint8))[red_pixels(image)].all()


@pytest.mark.parametrize("frames", [5, 8])
@pytest.mark.parametrize("kind", KINDS)
def test_long_samples_keep_their_objects(library: Library, write_tar: WriteTar, kind: str, frames: int) -> None:
    """Paths that turn back: an object is as likely seen in the last frame as in the middle one."""
    if kind == "clip":
        walk = {f"davis2016_train/walk/{n:05d}.{end}": picture for n in range(9) for end, picture in pictures(n)}
        library = Library.open([write_tar("clip.tar", walk)])
    config = replace(only(kind), frames=frames, leaves=0.0, returns=0.0)
    made = [sample(library, config, 3, index, SIZE) for index in range(6)]
    for one in made:
        check(one, frames, (64, 96), 3)
    assert sum(bool((one.labels[-1] % IGNORE).any()) for one in made) >= 4


def test_scenes_keep_objects_of_their_own(write_tar: WriteTar) -> None:
    """The blue square belongs to the photograph; only the red disc is pasted."""
    image, labels = plain((90, 90, 90)), np.zeros((96, 96), np.uint8)
    image[20:70, 20:70], labels[20:70, 20:70] = (0, 0, 255), 1
    members = {"coco_minis/1.webp": image, "coco_minis/1.png": labels, "cutouts_tuxpaint/a.webp": disc((255, 0, 0))}
    library = Library.open([write_tar("s.tar", members)])
    config = replace(CLEAN, scene_objects=1.0)
    for index in range(8):
        made = sample(library, config, 4, index, CLEAN_SIZE)
        marked = made.images[0][made.labels[0] == 1]
        assert np.median(marked[:, 2]) > 200  # blue


def test_settle_numbers_what_prompts_show() -> None:
    labels = np.zeros((3, 40, 40), np.uint8)
    labels[:, 0:10, 0:10] = 4  # in all frames: object 1
    labels[1:, 20:30, 0:10] = 7  # from the second prompt on: object 2
    labels[2, 0:10, 20:30] = 9  # in the query alone: unknown, background
    labels[0, 39, 39], labels[2, 30:40, 30:39] = 5, 5  # a speck in the prompts: ignored
    labels[:, 20:22, 20:22] = IGNORE
    expected = np.zeros_like(labels)
    expected[:, 0:10, 0:10] = 1
    expected[1:, 20:30, 0:10] = 2
    expected[0, 39, 39] = expected[2, 30:40, 30:39] = expected[:, 20:22, 20:22] = IGNORE
    np.testing.assert_array_equal(settle(labels), expected)


def test_settle_wants_an_object_in_the_first_frame() -> None:
    labels = np.zeros((3, 40, 40), np.uint8)
    labels[1:, :10, :10] = 1
    assert settle(labels) is None


def test_every_setting_from_0_to_1_is_checked() -> None:
    """All numbers but the strength of blemishes are probabilities."""
    shares = {field.name for field in fields(EngineConfig) if field.type is float} - {"blemishes"}
    assert shares == set(PROBABILITIES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frames": 1}, "frames must be 2 or more"),
        ({"objects": 0}, "objects is 0"),
        *(({name: 1.5}, f"{name} is 1.5") for name in PROBABILITIES),
    ],
)
def test_impossible_configs_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(SMALL, **change)
    with pytest.raises(InputError, match="weight of mix is -1"):
        KindWeights(mix=-1)


def test_real_shards(require: Require) -> None:
    paths = sorted((require("data") / "train").glob("*.tar"))
    library = Library.open(paths)
    counts = library.counts()
    assert counts["ccp"] == 1004
    assert counts["eth80"] == 1640
    assert counts["cutout_sequences_fluent_anim"] == 185
    assert sum(len(clip.frames) for clip in library.clips) == 2079
    config = EngineConfig(weights=KindWeights(composite=1, whole=1, pairs=1, mix=1, clip=1))
    for index in range(20):
        check(sample(library, config, 11, index, (256, 256)), 3, (256, 256), 3)
