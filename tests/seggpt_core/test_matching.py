"""Matching equals a plain softmax over the patches it keeps, and keeps those near objects."""

from dataclasses import astuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seggpt_core import matching
from seggpt_core.matching import (
    VALUES,
    Patches,
    Readout,
    kept_patches,
    match,
    prompt_patches,
    rgb_to_lab,
    values_to_colours,
)
from seggpt_core.places import whole_windows
from seggpt_core.window import Window
from tests.seggpt_core.matching_reference import padding, reference_patches, shares

CPU = torch.device("cpu")


def random_prompt(count: int, passes: int, generator: torch.Generator, channels: int = 8) -> Patches:
    """Unit keys and colours of known patches anywhere on a grid of 4 x 6, of two frames."""
    keys = F.normalize(torch.randn(2, count, channels, generator=generator), dim=-1)
    colours = torch.rand(2, count, passes, VALUES, generator=generator)
    places = torch.stack([torch.randperm(24, generator=generator)[:count] for _ in range(2)])
    return Patches(keys, torch.cat([colours, *padding(2, count, passes)], dim=-1), shares(places, (4, 6)))


@pytest.mark.parametrize("learning", [True, False])
def test_matching_equals_a_plain_softmax(learning: bool) -> None:
    generator = torch.Generator().manual_seed(5)
    grid, sharpness, radius = (4, 6), torch.tensor(10.0), torch.tensor(2.0)
    queries = F.normalize(torch.randn(2, 24, 8, generator=generator), dim=-1)
    prompts = [random_prompt(count, 2, generator) for count in (24, 7, 11)]
    with torch.set_grad_enabled(learning):
        readout = match(queries, prompts, sharpness, radius, grid, whole_windows(2, CPU))
    keys, values, places = (torch.cat(parts, dim=1) for parts in zip(*prompts, strict=True))
    logits = queries @ keys.transpose(1, 2) * sharpness
    apart = (shares(torch.arange(24), grid)[:, None] - places[:, None]) * torch.tensor(grid)
    squares = apart.square().sum(-1)
    for bias, found in ((0, readout.everywhere), (-squares / (2 * radius**2), readout.nearby)):
        weights = (logits + bias).softmax(-1)
        expected = torch.einsum("gnm,gmpv->gpnv", weights, values[..., :VALUES]).flatten(0, 1)
        torch.testing.assert_close(found, values_to_colours(expected, grid), rtol=0, atol=1e-5)


def test_queries_are_matched_alike_however_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(7)
    queries = F.normalize(torch.randn(2, 24, 8, generator=generator), dim=-1)
    arguments = (
        queries,
        [random_prompt(9, 1, generator)],
        torch.tensor(10.0),
        torch.tensor(2.0),
        (4, 6),
        whole_windows(2, CPU),
    )
    whole = match(*arguments)
    for chunk in (1, 6, 18):
        monkeypatch.setattr(matching, "_QUERY_CHUNK", chunk)
        for found, expected in zip(astuple(match(*arguments)), astuple(whole), strict=True):
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_a_prompts_trust_counts_as_so_many_of_it() -> None:
    generator = torch.Generator().manual_seed(6)
    queries, *keys = F.normalize(torch.randn(3, 1, 24, 8, generator=generator), dim=-1)
    colours = torch.rand(2, 1, 1, 3, 8, 12, generator=generator)
    known = torch.rand(2, 1, 1, 1, 8, 12, generator=generator)
    whole = whole_windows(1, CPU)

    def copied(times: int, trust: float) -> Readout:
        told = [(keys[0], colours[0], known[0], whole, trust)] * times + [(keys[1], colours[1], known[1], whole)]
        prompts = [prompt_patches(*one) for one in told]
        return match(queries, prompts, torch.tensor(10.0), torch.tensor(2.0), (4, 6), whole)

    for trusted, repeated in zip(astuple(copied(1, 3.0)), astuple(copied(3, 1.0)), strict=True):
        torch.testing.assert_close(trusted, repeated, rtol=0, atol=1e-5)
    assert not torch.allclose(copied(1, 3.0).everywhere, copied(1, 1.0).everywhere, atol=1e-3)


def test_objects_are_seen_closer_than_their_background() -> None:
    """A frame with an object in one pass, and one of background alone, on 4 x 6 patches."""
    targets = torch.zeros(2, 2, 3, 8, 12)
    targets[0, 1, 0, 2:4, 2:4] = 1
    places, counts = kept_patches(targets, torch.ones(2, 2, 1, 8, 12))
    near, beyond = [(0, 0), (0, 2), (1, 1), (2, 0), (2, 2)], [(0, 4), (2, 4)]
    assert places[0].tolist() == sorted(6 * row + column for row, column in (*near, *beyond))
    weight_of = dict(zip(places[0].tolist(), counts[0].tolist(), strict=True))
    assert {weight_of[6 * row + column] for row, column in near} == {2}
    assert {weight_of[6 * row + column] for row, column in beyond} == {4}
    assert places[1, :6].tolist() == [0, 2, 4, 12, 14, 16]
    assert counts[1].tolist() == [4] * 6 + [0], "filled up to as many as the first frame has"


@pytest.mark.parametrize("seed", range(6))
def test_kept_patches_are_those_told_one_by_one(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    share = torch.rand(3, generator=generator) ** 3
    targets = (torch.rand(3, 2, 3, 12, 20, generator=generator) < 0.2 * share[:, None, None, None, None]).float()
    known = (torch.rand(3, 1, 1, 12, 20, generator=generator) < 0.98).float()
    places, counts = kept_patches(targets, known.expand(-1, 2, -1, -1, -1))
    for frame in range(3):
        expected = reference_patches(targets[frame], known[frame])
        found = dict(zip(places[frame].tolist(), counts[frame].tolist(), strict=True))
        assert {place: count for place, count in found.items() if count} == expected


@pytest.mark.parametrize("place", [(0, 0), (1, 1), (1, 2), (2, 1), (3, 5)])
def test_the_least_object_is_kept_wherever_it_lies(place: tuple[int, int]) -> None:
    targets = torch.zeros(1, 1, 3, 8, 12)
    targets[0, 0, 2, 2 * place[0], 2 * place[1] + 1] = 1
    prompt = prompt_patches(torch.zeros(1, 24, 1), targets, torch.ones(1, 1, 1, 8, 12), whole_windows(1, CPU))
    assert [(place[0] + 0.5) / 4, pytest.approx((place[1] + 0.5) / 6)] in prompt.places[0].tolist()
    assert prompt.values[..., :VALUES].sum() == 2


def test_patches_of_a_prompt_are_its_own() -> None:
    generator = torch.Generator().manual_seed(8)
    keys = torch.randn(2, 24, 5, generator=generator)
    targets, known = torch.rand(2, 3, 3, 8, 12, generator=generator), torch.rand(2, 3, 1, 8, 12, generator=generator)
    targets[0, :, :, :, 6:] = 0
    prompt = prompt_patches(keys, targets, known, whole_windows(2, CPU), trust=3.0)
    indices, counts = kept_patches(targets, known)
    votes = 3 * F.avg_pool2d(known.flatten(0, 1), 2).unflatten(0, (2, 3))
    colours = F.pixel_unshuffle(targets, 2)
    torch.testing.assert_close(prompt.places, shares(indices, (4, 6)))
    for frame, column in np.ndindex(*indices.shape):
        place, count = int(indices[frame, column]), counts[frame, column]
        row, col = divmod(place, 6)
        assert torch.equal(prompt.keys[frame, column], keys[frame, place])
        value, vote = prompt.values[frame, column], votes[frame, :, :, row, col]
        torch.testing.assert_close(value[:, VALUES : VALUES + 1], vote * count)
        torch.testing.assert_close(value[:, :VALUES], colours[frame, :, :, row, col] * vote * count)


def test_matching_is_the_same_through_another_window() -> None:
    """Prompts and queries seen in the middle half of a picture twice as large: places move and shrink together."""
    generator = torch.Generator().manual_seed(9)
    queries, keys = F.normalize(torch.randn(2, 1, 24, 8, generator=generator), dim=-1)
    colours, known = torch.rand(1, 2, 3, 8, 12, generator=generator), torch.ones(1, 2, 1, 8, 12)

    def copied(windows: torch.Tensor) -> Readout:
        prompt = prompt_patches(keys, colours, known, windows)
        return match(queries, [prompt], torch.tensor(10.0), torch.tensor(2.0), (4, 6), windows)

    inner = Window(0.25, 0.25, 0.5, 0.5).tensor(CPU)[None]
    for one, other in zip(astuple(copied(whole_windows(1, CPU))), astuple(copied(inner)), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def test_what_is_near_is_near_in_the_picture() -> None:
    """All patches look alike; the query shows the right half of what the prompt shows all of."""
    colours = torch.zeros(1, 1, 3, 8, 16)
    colours[..., 12:] = 1
    prompt = prompt_patches(torch.ones(1, 32, 1), colours, torch.ones(1, 1, 1, 8, 16), whole_windows(1, CPU))
    right = Window(0.0, 0.5, 1.0, 0.5).tensor(CPU)[None]
    found = match(torch.ones(1, 32, 1), [prompt], torch.tensor(1.0), torch.tensor(1.0), (4, 8), right).nearby
    assert (found[..., :4] < 0.1).all()
    assert (found[..., 12:] > 0.9).all()


def test_the_evidence_of_one_perfect_match_is_nought() -> None:
    grid = (2, 2)
    keys = torch.eye(8)[None, [0, 3]]
    values = torch.cat([torch.ones(1, 2, 1, VALUES), *padding(1, 2, 1)], dim=-1)
    prompt = Patches(keys, values, shares(torch.tensor([[0, 3]]), grid))
    windows = whole_windows(1, CPU)
    readout = match(keys[:, [0, 0, 1, 1]], [prompt], torch.tensor(32.0), torch.tensor(1.0), grid, windows)
    everywhere, nearby = readout.evidence.flatten(2).unbind(1)
    torch.testing.assert_close(everywhere, torch.zeros(1, 4), rtol=0, atol=1e-5)
    torch.testing.assert_close(nearby[:, [0, 3]], torch.zeros(1, 2), rtol=0, atol=1e-5)
    assert (nearby[:, [1, 2]] < 0).all()


def test_lab_of_known_colours() -> None:
    """CIE values of white, red and mid grey under D65."""
    rgb = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.5, 0.5, 0.5]]).T.view(1, 3, 3, 1)
    expected = torch.tensor([[1.0, 0.0, 0.0], [0.53241, 0.80092, 0.67203], [0.53389, 0.0, 0.0]]).T.view(1, 3, 3, 1)
    torch.testing.assert_close(rgb_to_lab(rgb), expected, rtol=0, atol=1e-3)
