"""The published model's numbers at less cost: whatever several canvases or frames share is computed once.

With the feature ensemble the query's half is the same in every canvas at every block, since its attention
output is averaged before the residual. So a frame costs K prompt halves and one query half, not K canvases;
the query attends to itself once; the last block and the decoder see the query's half and, because of the
decoder's 3×3 convolution, the one row of tokens above it. Before the streams merge, the target stream sees no
image: it is kept with the set of prompts; and the image stream sees no target: one serves all passes.
`seggpt_core.model` is the plain form, and tests hold the two to each other.

Shape suffixes: P passes, K prompts, S streams computed together (passes, or 1); a, b pixels of a half; h, w
rows and columns of tokens of a half, n = h·w; D channels of a token; H heads of d channels.
"""

from collections import deque
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.halves import PLAIN, Halves, Step, Steps
from seggpt_core.layers import tokens_to_pixels
from seggpt_core.model import Kind, SegGPT


def embed(net: SegGPT, pixels: Tensor) -> Tensor:
    """Normalised pictures (..., 3, a, b) to patches (..., h, w, D), without positions, so good for either half."""
    patches = net.patch_embed(pixels.reshape(-1, *pixels.shape[-3:]))
    return patches.reshape(*pixels.shape[:-3], *patches.shape[1:])


def target_stream(net: SegGPT, targets: Tensor, kind: Kind, steps: Steps = PLAIN) -> Halves:
    """The target stream where it merges with the image stream, from patches of targets (P, K, h, w, D)."""
    return _last(target_blocks(net, targets, kind, steps))


def paint(net: SegGPT, prompts: Tensor, query: Tensor, targets: Halves, kind: Kind, steps: Steps = PLAIN) -> Tensor:
    """Colours of the query, (P, 3, a, b), normalised.

    prompts: patches of the prompts' images, (K, h, w, D); query: of the query's, (h, w, D); targets: what
    `target_stream` made of the prompts' targets.
    """
    grid = (query.shape[0], query.shape[1])
    images = _last(image_blocks(net, prompts[None], query[None], kind, steps))
    tapped = [
        (net.norm(halves.query), net.norm(halves.prompts[:, 0, -grid[1] :]))
        for index, halves in merged_blocks(net, merge(images, targets), grid, steps)
        if index in net.config.taps
    ]
    lower, seam = (torch.cat(parts, dim=-1) for parts in zip(*tapped, strict=True))
    return _decode(net, lower.unflatten(1, grid), seam)


def image_blocks(net: SegGPT, prompts: Tensor, query: Tensor, kind: Kind, steps: Steps = PLAIN) -> Iterator[Halves]:
    """The image stream after each block up to the merge, from patches (S, K, h, w, D) and (S, h, w, D)."""
    return _until_merge(net, prompts, query, net.segment_token_x, kind, steps.block)


def target_blocks(net: SegGPT, targets: Tensor, kind: Kind, steps: Steps = PLAIN) -> Iterator[Halves]:
    """The target stream after each block up to the merge, from patches (P, K, h, w, D)."""
    masked = net.mask_token.expand(targets.shape[0], *targets.shape[2:])
    return _until_merge(net, targets, masked, net.segment_token_y, kind, steps.block)


def merge(images: Halves, targets: Halves) -> Halves:
    """The mean of the streams; one image stream serves the target streams of all passes."""
    return Halves(*((image + target) * 0.5 for image, target in zip(images, targets, strict=True)))


def merged_blocks(
    net: SegGPT, merged: Halves, grid: tuple[int, int], steps: Steps = PLAIN
) -> Iterator[tuple[int, Halves]]:
    """Index and output of every block from the merge to the last tap; the first is what was merged.

    Behind the last tap only the query's half and the row above it are read: of the prompts' halves, that
    block gives canvas 0's last row alone, (P, 1, w, D).
    """
    first, last = net.config.merge_after, net.config.taps[-1]
    yield first, merged
    halves = merged
    for index in range(first + 1, last):
        halves = steps.block(net.block(index), halves, grid)
        yield index, halves
    if last > first:
        yield last, steps.last(net.block(last), halves, grid)


def _until_merge(
    net: SegGPT, prompts: Tensor, query: Tensor, segment: Tensor, kind: Kind, step: Step
) -> Iterator[Halves]:
    grid = (query.shape[1], query.shape[2])
    common = segment + net.type_token(kind)
    upper, lower = (common + half for half in net.positions((2 * grid[0], grid[1])).chunk(2, dim=1))
    halves = Halves((prompts + upper).flatten(2, 3), (query + lower).flatten(1, 2))
    for index in range(net.config.merge_after + 1):
        halves = step(net.block(index), halves, grid)
        yield halves


def _last(blocks: Iterator[Halves]) -> Halves:
    return deque(blocks, maxlen=1).pop()


def _decode(net: SegGPT, query: Tensor, seam: Tensor) -> Tensor:
    """Colours (P, 3, a, b), from tapped tokens: of the query (P, h, w, taps · D), of the row above (P, w, taps · D)."""
    patch = net.config.patch
    pixels = tokens_to_pixels(net.decoder_embed(query), patch)
    # Of the row above, the 3×3 convolution reads the lowest row of pixels only.
    weight, bias = (
        part[-patch * net.config.decoder_dim :] for part in (net.decoder_embed.weight, net.decoder_embed.bias)
    )
    above = F.linear(seam, weight, bias).unflatten(-1, (patch, -1)).flatten(1, 2).transpose(1, 2)[:, :, None]
    painted: Tensor = net.decoder_pred(torch.cat([above, pixels], dim=2))
    return painted[:, :, 1:]
