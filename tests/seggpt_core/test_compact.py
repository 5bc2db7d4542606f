"""The compact model: keeping prompts changes nothing, and an untrained decoder leaves the readout alone."""

from collections.abc import Callable
from dataclasses import astuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core import matching
from seggpt_core.compact import Compact, CompactNet, EncodedFrames
from seggpt_core.config import CompactConfig
from seggpt_core.decoder import Skips
from seggpt_core.errors import InputError
from seggpt_core.execution import Execution, Precision
from seggpt_core.matching import (
    COLUMNS,
    VALUES,
    Patches,
    Readout,
    kept_patches,
    match,
    patch_values,
    prompt_patches,
    proximity,
    rgb_to_lab,
    values_to_colours,
)
from tests.tolerances import CACHED_VERSUS_UNCACHED, HALF_PRECISION_COLOURS

SIZE = (96, 128)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model() -> Compact:
    """A small compact model whose every part matters: the zero-initialised head is made random."""
    torch.manual_seed(0)
    net = CompactNet(CompactConfig(key_channels=32, width=48, decoder_width=32))
    torch.nn.init.normal_(net.decoder.head.weight, std=0.3)
    return Compact(net, "0" * 64, CPU)


def images(count: int, seed: int = 1) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(3, *SIZE, generator=generator) for _ in range(count)]


def padding(*shape: int) -> tuple[Tensor, Tensor]:
    """What stands behind the values of patches that are all known."""
    return torch.ones(*shape, 1), torch.zeros(*shape, COLUMNS - VALUES - 1)


def reference_patches(targets: Tensor, known: Tensor) -> dict[int, float]:
    """Which patches of a frame are matched, and for how many each counts, one by one; targets (P, 3, h, w)."""
    cells = torch.cat([targets, 1 - known.expand(len(targets), 1, -1, -1)], dim=1).amax(dim=(0, 1))
    height, width = cells.shape[0] // 2, cells.shape[1] // 2
    places = list(np.ndindex(height, width))
    painted = {(r, c): bool((cells[2 * r : 2 * r + 2, 2 * c : 2 * c + 2] > 0.1).any()) for r, c in places}
    around = {
        (r, c): [(r + i, c + j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (r + i, c + j) in painted] for r, c in places
    }
    counts = {}
    for r, c in places:
        near, board = any(painted[one] for one in around[r, c]), (r + c) % 2 == 0
        lone = painted[r, c] and not any(painted[i, j] for i, j in around[r, c] if (i + j) % 2 == 0)
        if (board if near else r % 2 == c % 2 == 0) or lone:
            counts[r * width + c] = 2.0 if near else 4.0
    return counts


def uncached(model: Compact, prompts: list[Tensor], targets: Tensor, known: Tensor, query: Tensor) -> Tensor:
    """The same network with every frame encoded together, nothing kept, and all prompts' patches in one; targets:
    (prompts, P, 3, H, W), known: (H, W)."""
    net = model.net
    frames = net.encode(torch.stack([*prompts, query]))
    size, grid = (SIZE[0] // 4, SIZE[1] // 4), (SIZE[0] // 8, SIZE[1] // 8)
    sure = F.adaptive_avg_pool2d(known[None, None], size)
    parts = []
    for keys, painted in zip(frames.keys, targets, strict=False):
        small = F.adaptive_avg_pool2d(painted, size)
        counts = reference_patches(small, sure)
        kept, votes = list(counts), torch.tensor(list(counts.values()))
        votes = votes[:, None, None] * F.avg_pool2d(sure, 2).flatten()[kept][:, None, None]
        colours = patch_values(small).transpose(0, 1)[kept] * votes
        zeros = torch.zeros(len(kept), len(painted), COLUMNS - VALUES - 1)
        values = torch.cat([colours, votes.expand(-1, len(painted), 1), zeros], dim=-1)
        parts.append((keys[kept], values, torch.tensor(kept)))
    prompt = Patches(*(torch.cat(part)[None] for part in zip(*parts, strict=True)))
    readout = match(frames.keys[-1:], [prompt], net.sharpness, net.log_radius.exp(), grid)
    skips = Skips(*(skip[-1:].expand(targets.shape[1], -1, -1, -1) for skip in frames.skips))
    painted_query: Tensor = net.decoder(skips, readout)
    return painted_query


@pytest.mark.parametrize("count", [1, 2, 4])
def test_kept_prompts_give_what_encoding_everything_together_gives(model: Compact, count: int) -> None:
    """Two passes, an object that only one of them paints, and void."""
    *prompts, query = images(count + 1)
    targets = torch.zeros(count, 2, 3, *SIZE)
    for index in range(count):
        targets[index, 1, 1, 16 + 8 * index : 50 + 8 * index, 20:60] = 1
    known = torch.ones(SIZE)
    known[40:60, 80:100] = 0
    kept = [model.encode_prompts(model.encode_frame(p), t, known) for p, t in zip(prompts, targets, strict=True)]
    painted = model.segment(model.encode_frame(query), model.prepare(kept))
    assert painted.shape == (2, 3, SIZE[0] // 2, SIZE[1] // 2)
    with torch.inference_mode():
        expected = uncached(model, prompts, targets, known, query)
    torch.testing.assert_close(painted, expected, rtol=0, atol=CACHED_VERSUS_UNCACHED)


def test_passes_in_one_batch_equal_passes_one_by_one(model: Compact) -> None:
    """Where they paint on the same patches; each pass is matched by what any of them paints on."""
    first, second, query = (model.encode_frame(image) for image in images(3))
    targets = [torch.stack(images(3, seed=seed)) for seed in (3, 4)]
    together = model.segment(
        query, model.prepare([model.encode_prompts(f, t) for f, t in zip((first, second), targets, strict=True)])
    )
    for index in range(3):
        single = [model.encode_prompts(f, t[index : index + 1]) for f, t in zip((first, second), targets, strict=True)]
        alone = model.segment(query, model.prepare(single))
        torch.testing.assert_close(together[index : index + 1], alone, rtol=0, atol=CACHED_VERSUS_UNCACHED)


def test_a_zero_head_leaves_the_mean_of_both_readouts() -> None:
    torch.manual_seed(0)
    model = Compact(CompactNet(CompactConfig(width=32, decoder_width=32)), "0" * 64, CPU)
    image = images(1)[0]
    frame = model.encode_frame(image)
    constant = torch.tensor([1.0, 0.0, 1.0]).view(1, 3, 1, 1).expand(1, 3, *SIZE)
    painted = model.segment(frame, model.prepare([model.encode_prompts(frame, constant)]))
    assert painted.shape == (1, 3, SIZE[0] // 2, SIZE[1] // 2)
    torch.testing.assert_close(painted, constant[..., ::2, ::2].contiguous(), rtol=0, atol=1e-5)


def test_every_part_learns() -> None:
    torch.manual_seed(0)
    net = CompactNet(CompactConfig(key_channels=16, width=32, decoder_width=32))
    torch.nn.init.normal_(net.decoder.head.weight, std=0.3)
    frames = net.encode(torch.stack(images(2)))
    prompt = prompt_patches(frames.keys, torch.rand(2, 1, 3, 24, 32), torch.ones(2, 1, 1, 24, 32), 8.0)
    net.paint(frames, [prompt]).square().sum().backward()
    assert [name for name, one in net.named_parameters() if one.grad is None or not one.grad.any()] == []


def test_what_is_unknown_does_not_vote(model: Compact) -> None:
    frame, query = (model.encode_frame(image) for image in images(2))
    known = torch.ones(SIZE)
    known[:, : SIZE[1] // 2] = 0
    one, other = torch.rand(1, 3, *SIZE), torch.rand(1, 3, *SIZE)
    other[..., SIZE[1] // 2 :] = one[..., SIZE[1] // 2 :]
    painted = [model.segment(query, model.prepare([model.encode_prompts(frame, t, known)])) for t in (one, other)]
    torch.testing.assert_close(*painted, rtol=0, atol=CACHED_VERSUS_UNCACHED)


def test_the_order_of_prompts_does_not_matter(model: Compact) -> None:
    frames = [model.encode_frame(image) for image in images(4)]
    prompts = [model.encode_prompts(f, torch.rand(1, 3, *SIZE)) for f in frames[:3]]
    forward = model.segment(frames[3], model.prepare(prompts))
    backward = model.segment(frames[3], model.prepare(prompts[::-1]))
    torch.testing.assert_close(forward, backward, rtol=0, atol=CACHED_VERSUS_UNCACHED)


def random_prompt(count: int, passes: int, generator: torch.Generator, channels: int = 8) -> Patches:
    """Unit keys and colours of known patches anywhere on a grid of 4 x 6, of two frames."""
    keys = F.normalize(torch.randn(2, count, channels, generator=generator), dim=-1)
    colours = torch.rand(2, count, passes, VALUES, generator=generator)
    places = torch.stack([torch.randperm(24, generator=generator)[:count] for _ in range(2)])
    return Patches(keys, torch.cat([colours, *padding(2, count, passes)], dim=-1), places)


@pytest.mark.parametrize("learning", [True, False])
def test_matching_equals_a_plain_softmax(learning: bool) -> None:
    generator = torch.Generator().manual_seed(5)
    grid, sharpness, radius = (4, 6), torch.tensor(10.0), torch.tensor(2.0)
    queries = F.normalize(torch.randn(2, 24, 8, generator=generator), dim=-1)
    prompts = [random_prompt(count, 2, generator) for count in (24, 7, 11)]
    with torch.set_grad_enabled(learning):
        readout = match(queries, prompts, sharpness, radius, grid)
    keys, values, places = (torch.cat(parts, dim=1) for parts in zip(*prompts, strict=True))
    logits = queries @ keys.transpose(1, 2) * sharpness
    every = torch.arange(24)
    squares = (every[:, None] // 6 - places[:, None] // 6) ** 2 + (every[:, None] % 6 - places[:, None] % 6) ** 2
    for bias, found in ((0, readout.everywhere), (-squares / (2 * radius**2), readout.nearby)):
        weights = (logits + bias).softmax(-1)
        expected = torch.einsum("gnm,gmpv->gpnv", weights, values[..., :VALUES]).flatten(0, 1)
        torch.testing.assert_close(found, values_to_colours(expected, grid), rtol=0, atol=1e-5)


def test_queries_are_matched_alike_however_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(7)
    queries = F.normalize(torch.randn(2, 24, 8, generator=generator), dim=-1)
    arguments = queries, [random_prompt(9, 1, generator)], torch.tensor(10.0), torch.tensor(2.0), (4, 6)
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

    def copied(times: int, trust: float) -> Readout:
        told = [(keys[0], colours[0], known[0], trust)] * times + [(keys[1], colours[1], known[1], 1.0)]
        return match(queries, [prompt_patches(*one) for one in told], torch.tensor(10.0), torch.tensor(2.0), (4, 6))

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
    prompt = prompt_patches(torch.zeros(1, 24, 1), targets, torch.ones(1, 1, 1, 8, 12))
    assert place[0] * 6 + place[1] in prompt.places[0].tolist()
    assert prompt.values[..., :VALUES].sum() == 2


def test_a_clip_alone_is_painted_as_in_a_batch_with_one_of_more_patches(model: Compact) -> None:
    frames = [model.net.encode(torch.stack([one, other])) for one, other in zip(images(2), images(2, 3), strict=True)]
    targets, known = torch.zeros(2, 1, 3, 24, 32), torch.ones(2, 1, 1, 24, 32)
    targets[0, 0, 0, 4:8, 4:8] = 1
    targets[1, 0, 1, 2:22, 2:28] = 1
    whole = model.net.paint(frames[1], [prompt_patches(frames[0].keys, targets, known, 8.0)])
    alone = EncodedFrames(frames[1].keys[:1], Skips(*(skip[:1] for skip in frames[1].skips)), frames[1].grid)
    single = model.net.paint(alone, [prompt_patches(frames[0].keys[:1], targets[:1], known[:1], 8.0)])
    torch.testing.assert_close(whole[:1], single, rtol=0, atol=CACHED_VERSUS_UNCACHED)


def test_patches_of_a_prompt_are_its_own() -> None:
    generator = torch.Generator().manual_seed(8)
    keys = torch.randn(2, 24, 5, generator=generator)
    targets, known = torch.rand(2, 3, 3, 8, 12, generator=generator), torch.rand(2, 3, 1, 8, 12, generator=generator)
    targets[0, :, :, :, 6:] = 0
    prompt = prompt_patches(keys, targets, known, trust=3.0)
    _, counts = kept_patches(targets, known)
    votes = 3 * F.avg_pool2d(known.flatten(0, 1), 2).unflatten(0, (2, 3))
    colours = F.pixel_unshuffle(targets, 2)
    for frame, column in np.ndindex(*prompt.places.shape):
        place, count = int(prompt.places[frame, column]), counts[frame, column]
        row, col = divmod(place, 6)
        assert torch.equal(prompt.keys[frame, column], keys[frame, place])
        value, vote = prompt.values[frame, column], votes[frame, :, :, row, col]
        torch.testing.assert_close(value[:, VALUES : VALUES + 1], vote * count)
        torch.testing.assert_close(value[:, :VALUES], colours[frame, :, :, row, col] * vote * count)


def test_the_evidence_of_one_perfect_match_is_nought() -> None:
    grid = (2, 2)
    keys = torch.eye(8)[None, [0, 3]]
    values = torch.cat([torch.ones(1, 2, 1, VALUES), *padding(1, 2, 1)], dim=-1)
    prompt = Patches(keys, values, torch.tensor([[0, 3]]))
    readout = match(keys[:, [0, 0, 1, 1]], [prompt], torch.tensor(32.0), torch.tensor(1.0), grid)
    everywhere, nearby = readout.evidence.flatten(2).unbind(1)
    torch.testing.assert_close(everywhere, torch.zeros(1, 4), rtol=0, atol=1e-5)
    torch.testing.assert_close(nearby[:, [0, 3]], torch.zeros(1, 2), rtol=0, atol=1e-5)
    assert (nearby[:, [1, 2]] < 0).all()


def test_nearness_falls_off_as_a_gaussian_but_never_to_nothing() -> None:
    grid, radius, places = (2, 40), 1.5, [(0, 0), (1, 3), (1, 39)]
    rows, columns = proximity(torch.tensor([[r * 40 + c for r, c in places]]), grid, torch.tensor(radius))
    found = (rows[0, :, None] * columns[0, None]).flatten(0, 1)
    squares = torch.tensor([[(r - a) ** 2 + (c - b) ** 2 for a, b in places] for r, c in np.ndindex(*grid)])
    near = squares < 2 * radius**2 * 18
    torch.testing.assert_close(found[near], (-squares / (2 * radius**2)).exp()[near])
    assert found.min() > 1e-16


def test_lab_of_known_colours() -> None:
    """CIE values of white, red and mid grey under D65."""
    rgb = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.5, 0.5, 0.5]]).T.view(1, 3, 3, 1)
    expected = torch.tensor([[1.0, 0.0, 0.0], [0.53241, 0.80092, 0.67203], [0.53389, 0.0, 0.0]]).T.view(1, 3, 3, 1)
    torch.testing.assert_close(rgb_to_lab(rgb), expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"decoder_width": 24}, "decoder_width is 24: a multiple of 16"),
        ({"detail_width": 0}, "detail_width is 0"),
        ({"key_channels": -1}, "key_channels is -1"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        CompactConfig(**sizes)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda m, f, p: m.encode_frame(torch.rand(3, 100, 128)), "100x128"),
        (lambda m, f, p: m.encode_frame(torch.zeros(3, 96, 128, dtype=torch.uint8)), "uint8"),
        (lambda m, f, p: m.encode_prompts(f, torch.rand(3, 96, 128)), r"\(3, 96, 128\)"),
        (lambda m, f, p: m.encode_prompts(f, torch.rand(1, 3, 96, 128), torch.ones(96, 96)), r"\(96, 96\)"),
        (lambda m, f, p: m.prepare([]), "no prompts"),
        (lambda m, f, p: m.segment(m.encode_frame(torch.rand(3, 96, 96)), m.prepare([p])), "size"),
        (lambda m, f, p: m.segment(f, p), "CompactPrompt"),
        (lambda m, f, p: m.prepare([p, m.encode_prompts(f, torch.rand(2, 3, 96, 128))]), "2 and 1 passes"),
    ],
)
def test_bad_input_is_named(model: Compact, act: Callable[..., object], message: str) -> None:
    frame = model.encode_frame(torch.rand(3, *SIZE))
    prompt = model.encode_prompts(frame, torch.rand(1, 3, *SIZE))
    with pytest.raises(InputError, match=message):
        act(model, frame, prompt)


def test_features_of_other_weights_are_refused(model: Compact) -> None:
    other = Compact(model.net, "1" * 64, CPU)
    frame = model.encode_frame(torch.rand(3, *SIZE))
    prompts = model.prepare([model.encode_prompts(frame, torch.rand(1, 3, *SIZE))])
    with pytest.raises(InputError, match="encode the frame again"):
        other.segment(frame, prompts)
    with pytest.raises(InputError, match="weights"):
        other.segment(other.encode_frame(torch.rand(3, *SIZE)), prompts)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_paints_nearly_the_same_and_matches_exactly(model: Compact, precision: Precision) -> None:
    rough = Compact(model.net, model.weights_hash, CPU, execution=Execution(precision=precision))
    first, second, query = images(3)
    targets = torch.rand(2, 1, 3, *SIZE, generator=torch.Generator().manual_seed(2))

    def painted(by: Compact) -> Tensor:
        prompts = [by.encode_prompts(by.encode_frame(i), t) for i, t in zip((first, second), targets, strict=True)]
        return by.segment(by.encode_frame(query), by.prepare(prompts))

    colours = painted(rough)
    assert colours.dtype == torch.float32
    assert 0 < (colours - painted(model)).abs().max() < HALF_PRECISION_COLOURS
    assert rough.encode_frame(query).encoded.keys.dtype == torch.float32
    with pytest.raises(InputError, match="float32"):
        rough.encode_frame(query).valid.require(model.encode_frame(query).valid, "it")
