"""SegGPT as published (Wang et al. 2023, arXiv 2304.03284): every canvas computed whole.

A canvas is a prompt above a query; `seggpt_core.stacking` builds canvases and reads the query's half.

Shape suffixes: Q queries, each with K prompts and so K canvases; H, W pixels of a canvas; h, w its rows and
columns of tokens; D channels of a token. Colours are RGB, normalised by ImageNet's mean and deviation.
"""

from typing import Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seggpt_core.config import SegGPTConfig
from seggpt_core.errors import InputError
from seggpt_core.layers import NORM_EPS, Block, PatchEmbed, pixel_head, tokens_to_pixels

Kind = Literal["instance", "semantic"]
"""What a task segments; the model has a token for each."""

_INIT_STD = 0.02
_LOSS_BETA = 0.01


class SegGPT(nn.Module):
    """The published network; its state dict has the names and shapes of the official checkpoint."""

    def __init__(self, config: SegGPTConfig) -> None:
        super().__init__()
        self.config = config
        dim = config.dim
        self.patch_embed = PatchEmbed(config.patch, dim)
        self.mask_token = nn.Parameter(torch.empty(1, 1, 1, dim))
        self.segment_token_x = nn.Parameter(torch.empty(1, 1, 1, dim))
        self.segment_token_y = nn.Parameter(torch.empty(1, 1, 1, dim))
        self.type_token_cls = nn.Parameter(torch.empty(1, 1, 1, dim))
        self.type_token_ins = nn.Parameter(torch.empty(1, 1, 1, dim))
        # The first entry is the class token's of the pre-training; no token of a canvas uses it.
        self.pos_embed = nn.Parameter(torch.empty(1, 1 + config.position_grid**2, dim))
        self.blocks = nn.ModuleList(
            Block(dim, config.heads, config.mlp_ratio, config.grid) for _ in range(config.depth)
        )
        self.norm = nn.LayerNorm(dim, eps=NORM_EPS)
        self.decoder_embed = nn.Linear(len(config.taps) * dim, config.patch**2 * config.decoder_dim)
        self.decoder_pred = pixel_head(config.decoder_dim)
        self._initialise()

    def _initialise(self) -> None:
        """Truncated normals for linear layers, tokens and positions, as the ViT's; relative positions start at 0."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=_INIT_STD)
                nn.init.zeros_(module.bias)
        for token in (
            self.mask_token,
            self.segment_token_x,
            self.segment_token_y,
            self.type_token_cls,
            self.type_token_ins,
            self.pos_embed,
        ):
            nn.init.trunc_normal_(token, std=_INIT_STD)

    def forward(self, images: Tensor, targets: Tensor, masked: Tensor, kind: Kind) -> Tensor:
        """Paint canvases; returns colours (Q, K, 3, H, W).

        images, targets: (Q, K, 3, H, W) float; masked: bool, True where the target is to be painted, of a shape
        that expands to (Q, K, h, w); the targets' values there are not read. With K > 1 the prompts of a query
        are ensembled: the query's halves of its K canvases then differ only at the seam, and the published
        result is canvas 0's. H and W may differ from the config's: stored positions are resized. Raises
        InputError for canvases whose halves are not made of whole patches.
        """
        self._check(images, targets, masked, kind)
        streams = self._embed(images, targets, masked, kind)
        return self._decode(self._encode(streams))

    def _embed(self, images: Tensor, targets: Tensor, masked: Tensor, kind: Kind) -> Tensor:
        """Tokens of the image stream and then of the target stream, (2Q, K, h, w, D)."""
        queries_prompts = images.shape[:2]
        seen = self.patch_embed(images.flatten(0, 1)).unflatten(0, queries_prompts)
        painted = self.patch_embed(targets.flatten(0, 1)).unflatten(0, queries_prompts)
        painted = torch.where(masked[..., None], self.mask_token, painted)
        grid = (masked.shape[-2], masked.shape[-1])
        common = self.positions(grid) + self.type_token(kind)
        return torch.cat([seen + self.segment_token_x + common, painted + self.segment_token_y + common])

    def block(self, index: int) -> Block:
        """The block of that index."""
        return cast(Block, self.blocks[index])

    def type_token(self, kind: Kind) -> Tensor:
        """(1, 1, 1, D)."""
        return self.type_token_ins if kind == "instance" else self.type_token_cls

    def positions(self, grid: tuple[int, int]) -> Tensor:
        """Positions resized to a canvas of `grid` tokens, (1, h, w, D)."""
        side = self.config.position_grid
        stored = self.pos_embed[:, 1:].unflatten(1, (side, side)).permute(0, 3, 1, 2)
        resized = F.interpolate(stored, size=grid, mode="bicubic", align_corners=False)
        return resized.permute(0, 2, 3, 1)

    def _encode(self, x: Tensor) -> Tensor:
        """Both streams (2Q, K, h, w, D) to what the decoder reads, (Q, K, h, w, taps · D)."""
        tapped = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index == self.config.merge_after:
                images, targets = x.chunk(2)
                x = (images + targets) * 0.5
            if index in self.config.taps:
                tapped.append(self.norm(x))
        return torch.cat(tapped, dim=-1)

    def _decode(self, x: Tensor) -> Tensor:
        """(Q, K, h, w, taps · D) to colours (Q, K, 3, H, W)."""
        pixels = tokens_to_pixels(self.decoder_embed(x.flatten(0, 1)), self.config.patch)
        return self.decoder_pred(pixels).unflatten(0, x.shape[:2])

    def _check(self, images: Tensor, targets: Tensor, masked: Tensor, kind: Kind) -> None:
        patch = self.config.patch
        if images.ndim != 5 or images.shape[2] != 3:
            raise InputError(f"images of shape {tuple(images.shape)}: (queries, prompts, 3, height, width) is needed")
        height, width = images.shape[-2:]
        if height % (2 * patch) or width % patch:
            raise InputError(f"canvases of {height}x{width}: each half must be made of whole patches of {patch}")
        grid = (height // patch, width // patch)
        if targets.shape != images.shape:
            raise InputError(f"targets of shape {tuple(targets.shape)}, images of {tuple(images.shape)}: must be equal")
        if masked.dtype != torch.bool or masked.shape[-2:] != grid:
            raise InputError(
                f"masked of {masked.dtype} and shape {tuple(masked.shape)}: bool (..., {grid[0]}, {grid[1]}), "
                "one value a token, is needed"
            )
        if kind not in ("instance", "semantic"):
            raise InputError(f"kind {kind!r}: 'instance' or 'semantic' is needed")


def painting_loss(painted: Tensor, targets: Tensor, masked: Tensor, valid: Tensor) -> Tensor:
    """The published training loss: mean smooth L1 (beta 0.01) over the masked and valid pixels.

    painted, targets: (Q, K, 3, H, W); masked: bool, expands to (Q, K, h, w); valid: bool, expands to
    (Q, K, 3, H, W). At least one pixel must be both, else the mean is NaN.
    """
    patch = painted.shape[-1] // masked.shape[-1]
    pixels = masked.repeat_interleave(patch, dim=-2).repeat_interleave(patch, dim=-1)[..., None, :, :]
    counted = (pixels & valid).expand_as(painted)
    distance = F.smooth_l1_loss(painted, targets, reduction="none", beta=_LOSS_BETA)
    return (distance * counted).sum() / counted.sum()
