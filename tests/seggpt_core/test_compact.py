"""The compact model: keeping prompts changes nothing, and an untrained decoder leaves the readout alone."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.compact import Compact, CompactNet, EncodedFrames
from seggpt_core.config import CompactConfig
from seggpt_core.decoder import Skips
from seggpt_core.errors import InputError
from seggpt_core.execution import Execution, Precision
from seggpt_core.matching import (
    COLUMNS,
    VALUES,
    Patches,
    match,
    patch_values,
    prompt_patches,
)
from seggpt_core.window import Window
from tests.seggpt_core.matching_reference import reference_patches, shares
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
        parts.append((keys[kept], values, shares(torch.tensor(kept), grid)))
    prompt = Patches(*(torch.cat(part)[None] for part in zip(*parts, strict=True)))
    readout = match(frames.keys[-1:], [prompt], net.sharpness, net.log_radius.exp(), grid, frames.windows[-1:])
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
    prompt = prompt_patches(frames.keys, torch.rand(2, 1, 3, 24, 32), torch.ones(2, 1, 1, 24, 32), frames.windows, 8.0)
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


def test_windows_place_frames_of_other_sizes_in_one_picture(model: Compact) -> None:
    """A picture's left half is painted from the whole picture and from that half alone, whose sizes differ."""
    image, half = images(1)[0], Window(0.0, 0.0, 1.0, 0.5)
    query = model.encode_frame(image[..., : SIZE[1] // 2], half)
    left = torch.zeros(1, 3, *SIZE)
    left[:, 0, 20:60, 10:40] = 1
    own = model.encode_prompts(query, left[..., : SIZE[1] // 2])
    whole = model.encode_prompts(model.encode_frame(image), left)
    painted = model.segment(query, model.prepare([own, whole]))
    assert painted.shape == (1, 3, SIZE[0] // 2, SIZE[1] // 4)
    elsewhere = model.encode_frame(image[..., : SIZE[1] // 2], Window(0.0, 0.5, 1.0, 0.5))
    assert not torch.allclose(model.segment(elsewhere, model.prepare([own, whole])), painted, atol=1e-3)


def test_a_clip_alone_is_painted_as_in_a_batch_with_one_of_more_patches(model: Compact) -> None:
    frames = [model.net.encode(torch.stack([one, other])) for one, other in zip(images(2), images(2, 3), strict=True)]
    targets, known = torch.zeros(2, 1, 3, 24, 32), torch.ones(2, 1, 1, 24, 32)
    targets[0, 0, 0, 4:8, 4:8] = 1
    targets[1, 0, 1, 2:22, 2:28] = 1
    windows = frames[0].windows
    whole = model.net.paint(frames[1], [prompt_patches(frames[0].keys, targets, known, windows, 8.0)])
    skips = Skips(*(skip[:1] for skip in frames[1].skips))
    alone = EncodedFrames(frames[1].keys[:1], skips, frames[1].grid, windows[:1])
    single = model.net.paint(alone, [prompt_patches(frames[0].keys[:1], targets[:1], known[:1], windows[:1], 8.0)])
    torch.testing.assert_close(whole[:1], single, rtol=0, atol=CACHED_VERSUS_UNCACHED)


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
