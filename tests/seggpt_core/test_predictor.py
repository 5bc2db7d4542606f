import itertools

import cv2
import numpy as np
import pytest
import torch

from seggpt_core import palette
from seggpt_core.checkpoint import load_model
from seggpt_core.errors import InputError
from seggpt_core.predictor import Predictor
from seggpt_core.prompt import InContextModel
from seggpt_core.published import Ensemble, Published
from tests.made_clips import moving_objects
from tests.seggpt_core.published_models import TINY, random_model
from tests.tolerances import FLOAT32_PARITY
from tests.vos.fake_model import ShadeModel
from tests.vos.flat_clips import SIZE, picture

PLACES = list(itertools.product((0, 16, 32, 48), (0, 16, 32, 48, 64, 80)))


def example(*classes: int, shift: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A square of each class's own shade, and the label map; `shift` puts them elsewhere."""
    boxes = {identity: PLACES[(identity + shift) % len(PLACES)] for identity in classes}
    frame, labels = picture(boxes)
    return frame.image, labels


def predictor(*prompts: tuple[object, object], model: InContextModel | None = None, **options: object) -> Predictor:
    return Predictor(model or ShadeModel(), prompts, **({"size": SIZE} | options))  # type: ignore[arg-type]


class TestResults:
    @pytest.mark.parametrize("classes", [(1,), (2, 5), (1, 2, 3), (1, 2, 3, 4), (1, 2, 3, 4, 5, 6, 7)])
    def test_any_number_of_classes(self, classes: tuple[int, ...]):
        query, truth = example(*classes, shift=7)
        found = predictor(example(*classes)).predict(query)
        np.testing.assert_array_equal(found.ids, truth)
        assert found.ids.dtype == np.uint8
        assert found.classes == classes

    def test_ids_are_the_prompts_own(self):
        image, labels = example(1, 2)
        labels[labels == 1] = 254
        query, truth = example(1, 2, shift=3)
        found = predictor((image, labels)).predict(query)
        np.testing.assert_array_equal(found.ids, np.where(truth == 1, 254, truth))
        assert found.classes == (2, 254)

    def test_prompts_teach_together(self):
        query, truth = example(1, 2, 3, shift=9)
        found = predictor(example(1), example(2), example(3)).predict(query)
        np.testing.assert_array_equal(found.ids, truth)

    def test_a_class_that_a_prompt_lacks_is_background_there_but_void_says_nothing(self):
        image, labels = example(1, 2)
        query, truth = example(1, 2, shift=5)
        without = np.where(labels == 2, 0, labels).astype(np.uint8)
        voided = np.where(labels == 2, 255, labels).astype(np.uint8)
        denied = predictor((image, labels), (image, without), (image, without)).predict(query)
        np.testing.assert_array_equal(denied.ids, np.where(truth == 2, 0, truth))
        silent = predictor((image, labels), (image, voided), (image, voided)).predict(query)
        np.testing.assert_array_equal(silent.ids, truth)

    def test_sizes_may_differ_and_the_querys_own_is_given_back(self):
        image, labels = example(1, 2)
        small = cv2.resize(image, (48, 64), interpolation=cv2.INTER_NEAREST)
        small_labels = cv2.resize(labels, (48, 64), interpolation=cv2.INTER_NEAREST)
        query, truth = (cv2.resize(one, (192, 128), interpolation=cv2.INTER_NEAREST) for one in example(1, 2, shift=5))
        found = predictor((small, small_labels)).predict(query)
        assert (found.ids == truth).mean() > 0.999, "but for pixels on edges that the prompt's resizing mixes"
        assert found.probabilities.shape == (2, 32, 48)

    def test_the_input_has_the_querys_aspect(self):
        model = ShadeModel()
        one = predictor(example(1), model=model, size=None, pixels=32 * 48)
        sizes = []
        for shape in [(64, 96), (96, 64), (50, 50)]:
            found = one.predict(np.zeros((*shape, 3), np.uint8))
            assert found.ids.shape == shape
            sizes.append(tuple(2 * side for side in found.probabilities.shape[1:]))
        assert sizes == [(32, 48), (48, 32), (32, 32)]


class TestProbabilities:
    @pytest.mark.parametrize("classes", [(1, 2), (1, 2, 3, 4, 5)])
    def test_they_agree_with_the_ids_at_every_size(self, classes: tuple[int, ...]):
        query, _ = example(*classes, shift=8)
        query = cv2.resize(query, (230, 150), interpolation=cv2.INTER_LINEAR)
        found = predictor(example(*classes)).predict(query)
        coarse = found.probabilities
        assert (coarse.shape, coarse.dtype) == ((len(classes), 32, 48), np.float32)
        assert coarse.min() >= 0
        assert coarse.sum(axis=0).max() <= 1 + FLOAT32_PARITY
        planes = dict(found.planes())
        assert tuple(planes) == classes
        fine = np.stack(list(planes.values()))
        assert (fine.shape, fine.dtype) == ((len(classes), 150, 230), np.float32)
        everything = np.concatenate([1 - fine.sum(axis=0, keepdims=True), fine])
        highest = np.sort(everything, axis=0)
        sure = highest[-1] - highest[-2] > FLOAT32_PARITY
        np.testing.assert_array_equal(np.array([0, *classes])[everything.argmax(axis=0)][sure], found.ids[sure])

    def test_one_class_is_certain_where_its_shade_is(self):
        query, truth = example(1, shift=4)
        found = predictor(example(1)).predict(query)
        ((identity, plane),) = found.planes()
        assert identity == 1
        expected = 1 / (1 + np.exp(-2 * palette.TEMPERATURE))  # painted exactly: distances 0 and 2
        np.testing.assert_allclose(plane[truth == 1].max(), expected, atol=FLOAT32_PARITY)


class TestForms:
    def test_tensors_mean_the_same_as_arrays(self):
        (image, labels), (query, truth) = example(1, 2), example(1, 2, shift=6)
        floats = [torch.from_numpy(one).permute(2, 0, 1).float() / 255 for one in (image, query)]
        expected = predictor((image, labels)).predict(query)
        np.testing.assert_array_equal(expected.ids, truth)
        for example_image, given in [(torch.from_numpy(image), torch.from_numpy(query)), tuple(floats)]:
            found = predictor((example_image, torch.from_numpy(labels))).predict(given)
            np.testing.assert_array_equal(found.ids, expected.ids)
            np.testing.assert_array_equal(found.probabilities, expected.probabilities)

    def test_views_are_taken_as_well(self):
        (image, labels), (query, truth) = example(1, 2), example(1, 2, shift=6)
        found = predictor((image[:, ::-1], labels[:, ::-1])).predict(query[::-1])
        np.testing.assert_array_equal(found.ids, truth[::-1])

    def test_prompts_are_copied(self):
        (image, labels), (query, truth) = example(1), example(1, shift=6)
        one = predictor((image, labels))
        image[:], labels[:] = 0, 0
        np.testing.assert_array_equal(one.predict(query).ids, truth)


def test_prompts_are_encoded_once_for_every_size():
    model = ShadeModel()
    one = predictor(example(1), example(2), model=model, size=None, pixels=32 * 48)
    for shape in [(64, 96), (96, 64), (64, 96), (128, 192)]:
        one.predict(np.zeros((*shape, 3), np.uint8))
    assert model.calls == {"encode_frame": 4 + 2 * 2, "encode_prompts": 2 * 2, "prepare": 2, "segment": 4}


def test_prompts_of_few_sizes_are_kept():
    model = ShadeModel()
    one = predictor(example(1), model=model, size=None, pixels=96 * 96)
    for width in (64, 96, 128, 160, 192, 64, 192):
        one.predict(np.zeros((64, width, 3), np.uint8))
    assert model.calls["prepare"] == 6, "the first of five sizes was let go"


class TestRefusals:
    @pytest.mark.parametrize(
        ("image", "got"),
        [
            (np.zeros((64, 96), np.uint8), "uint8 of shape (64, 96)"),
            (np.zeros((64, 96, 4), np.uint8), "uint8 of shape (64, 96, 4)"),
            (np.zeros((64, 96, 3)), "float64 of shape (64, 96, 3)"),
            (np.zeros((0, 96, 3), np.uint8), "uint8 of shape (0, 96, 3)"),
            (torch.zeros(64, 96, 3), "torch.float32 of shape (64, 96, 3)"),
            (torch.zeros(3, 64, 96, dtype=torch.uint8), "torch.uint8 of shape (3, 64, 96)"),
            (torch.zeros(64, 96, 3, dtype=torch.int64), "torch.int64 of shape (64, 96, 3)"),
            ("cat.jpg", "str"),
        ],
    )
    def test_what_is_no_picture(self, image: object, got: str):
        wanted = "it must be RGB, uint8 of shape (height, width, 3) or a float tensor in 0..1 of shape"
        with pytest.raises(InputError) as error:
            predictor(example(1)).predict(image)  # type: ignore[arg-type]
        assert str(error.value).startswith(f"the query is {got}: {wanted}")
        with pytest.raises(InputError) as error:
            predictor(example(1), (image, example(1)[1]))
        assert str(error.value).startswith(f"the picture of prompt 2 is {got}: {wanted}")

    @pytest.mark.parametrize("value", [-0.5, 1.5, float("nan"), 255.0])
    def test_floats_outside_0_to_1(self, value: float):
        image = torch.full((3, 64, 96), 0.5)
        image[1, 2, 3] = value
        with pytest.raises(InputError, match=r"the query is a float tensor with values in .*: they must be in 0\.\.1"):
            predictor(example(1)).predict(image)

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            (np.zeros((64, 96), np.uint8), "the label map of prompt 1 is empty: it must hold at least one object id"),
            (np.full((64, 96), 255, np.uint8), "the label map of prompt 1 is empty"),
            (np.ones((64, 95), np.uint8), "is 64x95 (height x width), but its picture is 64x96: both must have"),
            (np.ones((64, 96)), "the label map of prompt 1 is float64 of shape (64, 96): it must be a uint8 array"),
            (torch.ones(64, 96, dtype=torch.int64), "is torch.int64 of shape (64, 96): it must be a uint8 array"),
            (None, "the label map of prompt 1 is NoneType: it must be a uint8 array of shape (height, width)"),
        ],
    )
    def test_what_is_no_label_map(self, labels: object, message: str):
        with pytest.raises(InputError) as error:
            predictor((example(1)[0], labels))
        assert message in str(error.value)

    def test_a_prompt_without_its_label_map(self):
        with pytest.raises(InputError, match="prompt 1 has 1 items: a picture and its label map are needed"):
            predictor((example(1)[0],))

    def test_no_prompts(self):
        with pytest.raises(InputError, match="no prompts: at least one picture with its label map is needed"):
            predictor()

    def test_a_size_that_does_not_suit_the_model(self):
        with pytest.raises(InputError, match="size 60x96: both sides must be multiples of 16 pixels"):
            predictor(example(1), size=(60, 96))


@pytest.mark.parametrize("prompts", [1, 2])
def test_the_learned_model_finds_what_has_moved_and_turned(prompts: int):
    """The embedded weights on made pictures with exact truth: four objects, half a clip later."""
    clip = moving_objects(4, frames=30, size=(180, 320))
    examples = list(zip(clip.frames, clip.labels, strict=True))
    query, truth = examples[15]
    model = load_model("compact", device=torch.device("cpu"))
    found = Predictor(model, examples[: 8 * prompts : 8], pixels=192 * 336).predict(query)
    for identity in (1, 2, 3, 4):
        mine, theirs = found.ids == identity, truth == identity
        assert (mine & theirs).sum() / (mine | theirs).sum() > 0.8


@pytest.mark.parametrize("ensemble", ["feature", "spatial"])
def test_the_published_model_answers_as_well(ensemble: Ensemble):
    """With random weights: what it is given is as in the four calls, and it is read back."""
    model = Published(random_model(TINY), "tiny", "0" * 64, torch.device("cpu"), ensemble=ensemble)
    one = predictor(example(1, 2, 3), example(2, 4), model=model, size=(16, 16))
    found = one.predict(example(1, 2, 3, 4, shift=5)[0])
    assert found.classes == (1, 2, 3, 4)
    assert found.ids.shape == SIZE
    assert set(np.unique(found.ids)) <= {0, 1, 2, 3, 4}
    assert found.probabilities.shape == (4, 16, 16)
    again = one.predict(torch.from_numpy(example(1, 2, 3, 4, shift=5)[0]))
    np.testing.assert_array_equal(found.probabilities, again.probabilities)
