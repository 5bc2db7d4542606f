import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seggpt_core.training.data.items import IGNORE, count_labels
from seggpt_core.training.data.masks import choose_objects, from_masks, object_box, to_masks
from tests.seggpt_core.training.data.made_shards import labelled

maps = arrays(np.uint8, (9, 7), elements=st.sampled_from([0, 1, 2, 3, IGNORE]))


@settings(max_examples=60, deadline=None)
@given(maps)
def test_masks_come_back_as_labels(labels: np.ndarray) -> None:
    masks = to_masks(labels, 3)
    assert masks.shape == (9, 7, 4)
    np.testing.assert_array_equal(from_masks(list(np.moveaxis(masks, 2, 0))), labels)


@settings(max_examples=60, deadline=None)
@given(maps)
def test_labels_are_counted(labels: np.ndarray) -> None:
    np.testing.assert_array_equal(count_labels(labels), np.bincount(labels.ravel(), minlength=256))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1000), st.booleans(), st.integers(1, 3))
def test_chosen_objects_are_labels_of_the_image(seed: int, mergeable: bool, objects: int) -> None:
    _, labels = labelled(0)
    picked = choose_objects(np.random.default_rng(seed), labels, mergeable, objects)
    assert picked is not None
    chosen, count = picked
    assert 1 <= count <= min(objects, 2)
    np.testing.assert_array_equal(chosen == IGNORE, labels == IGNORE)
    assert set(np.unique(chosen).tolist()) == {0, *range(1, count + 1), IGNORE}
    for number in range(1, count + 1):
        assert 0 not in labels[chosen == number]


def test_specks_are_not_chosen() -> None:
    labels = np.zeros((100, 100), np.uint8)
    labels[0, :5] = 1
    assert choose_objects(np.random.default_rng(0), labels, False, 3) is None


def test_the_box_of_objects() -> None:
    labels = np.zeros((50, 60), np.uint8)
    labels[10:20, 30:45], labels[40:, 5:10] = 1, 2
    labels[:, 59] = IGNORE
    assert object_box(to_masks(labels, 2)) == (5, 10, 40, 40)
    assert object_box(to_masks(np.zeros((50, 60), np.uint8), 1)) == (0, 0, 60, 50)
