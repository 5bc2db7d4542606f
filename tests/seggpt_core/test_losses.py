"""The loss is smallest at the truth and blind to what is ignored."""

import math

import torch

from seggpt_core.losses import colour_logits, colouring_loss, true_shares

COLOURS = torch.tensor([[[0.0, 0, 0], [1, 1, 0], [0, 1, 1]]])
COUNTS = torch.tensor([3])
LABELS = torch.tensor([[[0, 1, 1], [2, 2, 255]]])


def painted(labels: torch.Tensor) -> torch.Tensor:
    return COLOURS[0][labels.clamp(max=2)].permute(0, 3, 1, 2).clone()


def test_the_truth_has_the_smallest_loss() -> None:
    truth = painted(LABELS)
    best = colouring_loss(truth, LABELS, COLOURS, COUNTS)
    torch.manual_seed(0)
    for _ in range(20):
        assert colouring_loss(truth + 0.2 * torch.randn_like(truth), LABELS, COLOURS, COUNTS) > best


def test_ignored_pixels_change_nothing() -> None:
    truth = painted(LABELS)
    other = truth.clone()
    other[..., 1, 2] = 17.0
    assert colouring_loss(truth, LABELS, COLOURS, COUNTS) == colouring_loss(other, LABELS, COLOURS, COUNTS)


def test_a_finer_truth_is_averaged_over_each_painted_cell() -> None:
    labels = torch.tensor([[[0, 1, 1, 1], [0, 0, 1, 255], [2, 2, 255, 255], [2, 0, 255, 255]]])
    shares, known = true_shares(labels, 3, (2, 2))
    assert torch.equal(known, torch.tensor([[[1.0, 0.75], [1.0, 0.0]]]))
    expected = [[[0.75, 0.0], [0.25, 0.0]], [[0.25, 1.0], [0.0, 0.0]], [[0.0, 0.0], [0.75, 0.0]]]
    torch.testing.assert_close(shares, torch.tensor([expected]))


def test_the_truth_is_not_moved_towards_any_side() -> None:
    labels = torch.randint(0, 3, (1, 16, 16), generator=torch.Generator().manual_seed(0))
    noise = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    for side in (-1, -2):
        mirrored = colouring_loss(noise.flip(side), labels.flip(side), COLOURS, COUNTS)
        torch.testing.assert_close(mirrored, colouring_loss(noise, labels, COLOURS, COUNTS))


def test_unused_colours_are_ruled_out() -> None:
    logits = colour_logits(painted(LABELS), COLOURS, torch.tensor([2]))
    assert (logits.softmax(1)[:, 2] == 0).all()


def test_the_right_colour_is_as_sure_whatever_the_colours() -> None:
    close = COLOURS * 0.3
    for colours in (COLOURS, close):
        shown = colours[0][LABELS.clamp(max=2)].permute(0, 3, 1, 2)
        sure = colour_logits(shown, colours, COUNTS).softmax(1)
        torch.testing.assert_close(sure[0, 1, 0, 1], torch.tensor(1 / (1 + 2 * math.exp(-8))))
