"""The decoder: the readouts, refined by what the query shows at strides 16, 8, 4 and 2, give a
correction that is added to the readout. Its last layer starts at zero, so an untrained model is the readout.

What a layer reads is scaled to about unit size, so that one learning rate suits all of them: with the same samples a
model from random weights has 2 % less loss after 200 steps for it, and one that had learned 1 % (`docs/ablations.md`).
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seggpt_core.layers import ChannelNorm
from seggpt_core.matching import VALUES, Readout
from seggpt_core.stem import CHANNELS, MAP_SCALE, StemMaps

_COLOUR_SCALE = 4.0
"""Readouts are colours with a standard deviation of about 0.25."""
_CORRECTION_SCALE = 0.125
"""The correction to the readout is small, about 0.04. Without this, one step at a usual rate would change the last
layer's weights by a tenth."""


class Skips(NamedTuple):
    """What the decoder reads of the query image, made once a frame; (B, C, H/stride, W/stride)."""

    s8: Tensor
    """With what the stem knows at stride 16."""
    s4: Tensor
    s2: Tensor


class Refine(nn.Module):
    """Normalise, two 3×3 convolutions, residual."""

    def __init__(self, width: int, groups: int = 8) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, h, w)."""
        return x + self.conv2(F.gelu(self.conv1(F.gelu(self.norm(x)))))


class Decoder(nn.Module):
    """Skips and readouts to colours at stride 2."""

    def __init__(self, deep_width: int, width: int, detail: int) -> None:
        """Channels at strides 16 and 8, and at stride 2."""
        super().__init__()
        half = width // 2
        self.skip16 = nn.Sequential(
            nn.Conv2d(CHANNELS["d8"] + CHANNELS["s16"], deep_width, 1),
            ChannelNorm(deep_width),
            nn.Conv2d(deep_width, width, 1),
        )
        self.skip8 = nn.Conv2d(CHANNELS["s8"] + CHANNELS["d8"], width, 1)
        self.skip4 = nn.Conv2d(CHANNELS["s4"], half, 1)
        self.skip2 = nn.Conv2d(CHANNELS["s2"], detail, 1)
        self.readout8 = nn.Conv2d(2 * VALUES + 2, width, 1)
        self.refine8 = Refine(width)
        self.narrow4 = nn.Conv2d(width, half, 1)
        self.readout4 = nn.Conv2d(6, half, 1)
        self.refine4 = Refine(half)
        self.narrow2 = nn.Conv2d(half, detail, 1)
        self.readout2 = nn.Conv2d(3, detail, 1)
        self.refine2 = Refine(detail, groups=4)
        self.head = nn.Conv2d(detail, 3, 1)
        for parameter in self.head.parameters():
            nn.init.zeros_(parameter)

    def skips(self, maps: StemMaps) -> Skips:
        """The query image's share of the work."""
        deep = self.skip16(torch.cat([maps.strided(), maps.s16], dim=1) * MAP_SCALE)
        return Skips(
            s8=self.skip8(torch.cat([maps.s8, maps.d8], dim=1) * MAP_SCALE) + _double(deep),
            s4=self.skip4(maps.s4 * MAP_SCALE),
            s2=self.skip2(maps.s2 * MAP_SCALE),
        )

    def forward(self, skips: Skips, readout: Readout) -> Tensor:
        """(B, 3, H/2, W/2) colours."""
        x = skips.s8 + self.readout8(_COLOUR_SCALE * readout.at_stride_8())
        x = self.refine8(x)
        copies = torch.cat([readout.everywhere, readout.nearby], dim=1)
        x = skips.s4 + _double(self.narrow4(x)) + self.readout4(_COLOUR_SCALE * copies)
        x = self.refine4(x)
        copied = _double((readout.everywhere + readout.nearby) / 2)
        x = skips.s2 + _double(self.narrow2(x)) + self.readout2(_COLOUR_SCALE * copied)
        return copied + _CORRECTION_SCALE * self.head(self.refine2(x))


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
