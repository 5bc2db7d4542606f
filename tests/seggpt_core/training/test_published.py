"""The published model as the training loop sees it."""

import pytest
import torch

from seggpt_core.config import SegGPTConfig
from seggpt_core.errors import InputError
from seggpt_core.model import SegGPT
from seggpt_core.training.batch import Batch
from seggpt_core.training.published import PublishedLearner
from tests.tolerances import CACHED_VERSUS_UNCACHED

TINY = SegGPTConfig(canvas=(32, 16), patch=8, dim=8, depth=3, heads=2, decoder_dim=4, taps=(2,), position_grid=2)


def clips(count: int, length: int, size: tuple[int, int]) -> Batch:
    generator = torch.Generator().manual_seed(0)
    return Batch(
        images=torch.rand(count, length, 3, *size, generator=generator),
        labels=torch.randint(0, 3, (count, length, *size), generator=generator),
        colours=torch.tensor([[[0.0, 0, 0], [1, 1, 0], [0, 1, 1]]]).repeat(count, 1, 1),
        counts=torch.full((count,), 3),
        own=torch.zeros(count, dtype=torch.bool),
    )


def learner() -> PublishedLearner:
    torch.manual_seed(0)
    return PublishedLearner(SegGPT(TINY))


def test_each_later_frame_of_each_clip_is_painted_from_its_own_first_frame() -> None:
    batch, model = clips(2, 3, (16, 16)), learner()
    painted = model.paint(batch)
    assert painted.shape == (2, 2, 3, 16, 16)
    for clip in range(2):
        for time in (1, 2):
            alone = Batch(
                images=batch.images[clip, [0, time]][None],
                labels=batch.labels[clip, [0, time]][None],
                colours=batch.colours[:1],
                counts=batch.counts[:1],
                own=batch.own[:1],
            )
            torch.testing.assert_close(
                model.paint(alone)[0, 0], painted[clip, time - 1], atol=CACHED_VERSUS_UNCACHED, rtol=0
            )


def test_labels_of_later_frames_are_not_read() -> None:
    batch, model = clips(1, 3, (16, 16)), learner()
    painted = model.paint(batch)
    batch.labels[:, 1:] = 0
    assert torch.equal(model.paint(batch), painted)


def test_an_unknown_pixel_of_the_prompt_is_painted_as_background() -> None:
    batch, model = clips(1, 2, (16, 16)), learner()
    batch.labels[0, 0, 4:9] = 0
    painted = model.paint(batch)
    batch.labels[0, 0, 4:9] = 255
    assert torch.equal(model.paint(batch), painted)


def test_what_is_trained_gets_a_gradient() -> None:
    model = learner()
    model.paint(clips(1, 2, (16, 16))).sum().backward()
    assert all(p.grad is not None for p in model.net.parameters() if p.requires_grad)


def test_frames_that_do_not_fill_the_canvas_are_refused() -> None:
    with pytest.raises(InputError, match="frames of 16x24: this model's canvas takes 16x16"):
        learner().paint(clips(1, 2, (16, 24)))
