import numpy as np
import pytest
import torch

from seggpt_core.errors import InputError
from seggpt_core.passes import check_labels, encode_labels, group_ids, segment_groups
from tests.vos.fake_model import ShadeModel
from tests.vos.flat_clips import picture


@pytest.mark.parametrize(
    ("ids", "slots", "groups"),
    [
        ((), 3, ()),
        ((7,), 3, ((7,),)),
        ((1, 2, 3, 4), 3, ((1, 2, 3), (4,))),
        ((9, 4, 6), 1, ((9,), (4,), (6,))),
        ((1, 2, 3, 4), 8, ((1, 2, 3), (4,))),
    ],
)
def test_ids_go_in_order_into_few_passes(ids: tuple[int, ...], slots: int, groups: tuple[tuple[int, ...], ...]):
    assert group_ids(ids, slots) == groups


def test_labels_come_back_through_a_model():
    model = ShadeModel()
    image, labels = picture({1: (0, 0), 2: (16, 16), 3: (32, 32), 4: (0, 48)})
    frame = model.encode_frame(torch.from_numpy(image.image).permute(2, 0, 1) / 255)
    groups = group_ids((1, 2, 3, 4), model.slots)
    prompt = encode_labels(model, frame, labels, np.ones_like(labels, bool), groups)
    passes = segment_groups(model, frame, model.prepare([prompt]), groups)
    small = torch.from_numpy(labels[::2, ::2])
    for group, probabilities in zip(groups, passes, strict=True):
        assert probabilities.shape == (1 + len(group), 32, 48)
        torch.testing.assert_close(probabilities.sum(0), torch.ones(32, 48))
        for slot, identity in enumerate(group, start=1):
            assert torch.equal(probabilities.argmax(0) == slot, small == identity)


def test_refusals_use_the_callers_words():
    with pytest.raises(InputError) as error:
        check_labels(np.ones((2, 3), np.uint8), (2, 4), what="a.png", picture="b.jpg")
    assert str(error.value) == "a.png is 2x3 (height x width), but b.jpg is 2x4: both must have one size"
