"""EfficientNet-Lite2 up to block 14, with maps at strides 2, 4, 8, 8 and 16.

Tan & Le 2019 (arXiv 1905.11946) and the Lite variant (no squeeze-excitation, ReLU6). Blocks 7 to 10
run at stride 8 instead of 16: block 7 loses its stride and blocks 8 to 10 are dilated by 2 (à trous),
so that every second column of every second row of block 10's map is exactly the map that blocks 11
and on were trained for. Batch normalisation is folded into the convolutions.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class BlockSpec:
    """One inverted bottleneck."""

    inputs: int
    outputs: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    expand: int = 6


def _stage(inputs: int, outputs: int, kernel: int, repeats: int, stride: int, dilation: int = 1) -> list[BlockSpec]:
    first = BlockSpec(inputs, outputs, kernel, stride)
    return [first] + [BlockSpec(outputs, outputs, kernel, 1, dilation)] * (repeats - 1)


LITE2_BLOCKS: tuple[BlockSpec, ...] = (
    BlockSpec(32, 16, 3, expand=1),
    *_stage(16, 24, 3, repeats=3, stride=2),
    *_stage(24, 48, 5, repeats=3, stride=2),
    *_stage(48, 88, 3, repeats=4, stride=1, dilation=2),
    *_stage(88, 120, 5, repeats=4, stride=1),
)
CHANNELS = {"s2": 16, "s4": 24, "s8": 48, "d8": 88, "s16": 120}
"""Channels of the maps in `StemMaps`."""
MAP_SCALE = 0.125
"""Makes maps about unit size: their standard deviations are 7 to 13."""
_TAPS = {0: "s2", 3: "s4", 6: "s8", 10: "d8", 14: "s16"}


@dataclass(frozen=True, slots=True)
class StemMaps:
    """Maps of an image batch (B, 3, H, W); each (B, C, H/stride, W/stride)."""

    s2: Tensor
    """block 0, stride 2"""
    s4: Tensor
    """block 3, stride 4"""
    s8: Tensor
    """block 6, stride 8"""
    d8: Tensor
    """block 10, stride 8 by dilation"""
    s16: Tensor
    """block 14, stride 16"""

    def strided(self) -> Tensor:
        """Block 10's map at stride 16, (B, 88, H/16, W/16): the one the rest of the stem reads."""
        return self.d8[:, :, 1::2, 1::2]

    def float(self) -> "StemMaps":
        """The same in float32."""
        return StemMaps(self.s2.float(), self.s4.float(), self.s8.float(), self.d8.float(), self.s16.float())


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding: at stride 2 the odd row and column of padding lies after."""

    def forward(self, input: Tensor) -> Tensor:
        if self.stride[0] == 1:
            return super().forward(input)
        before, after = (self.kernel_size[0] - 2) // 2, (self.kernel_size[0] - 1) // 2
        padded = F.pad(input, (before, after, before, after))
        return F.conv2d(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1, groups: int = 1) -> SameConv2d:
    padding = dilation * (kernel // 2) if stride == 1 else 0
    return SameConv2d(inputs, outputs, kernel, stride, padding, dilation, groups)


class Bottleneck(nn.Module):
    """Expand 1×1, depthwise k×k, project 1×1; a residual where shapes allow."""

    def __init__(self, spec: BlockSpec) -> None:
        super().__init__()
        hidden = spec.inputs * spec.expand
        self.expand = _conv(spec.inputs, hidden, 1) if spec.expand > 1 else None
        self.depthwise = _conv(hidden, hidden, spec.kernel, spec.stride, spec.dilation, groups=hidden)
        self.project = _conv(hidden, spec.outputs, 1)
        self.residual = spec.stride == 1 and spec.inputs == spec.outputs

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        y = self.project(F.relu6(self.depthwise(y), inplace=True))
        return x + y if self.residual else y


class Stem(nn.Module):
    """RGB images in 0..1 to `StemMaps`; height and width multiples of 16."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv = _conv(3, 32, 3, stride=2)
        self.blocks = nn.ModuleList(Bottleneck(spec) for spec in LITE2_BLOCKS)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> StemMaps:
        """images: (B, 3, H, W) float RGB in 0..1."""
        x = ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        x = F.relu6(self.conv(x), inplace=True)
        maps: dict[str, Tensor] = {}
        for index, block in enumerate(self.blocks):
            # Block 11 was trained on the strided grid: the à-trous map is thinned before it.
            x = block(x[:, :, 1::2, 1::2].contiguous(memory_format=torch.channels_last) if index == 11 else x)
            if index in _TAPS:
                maps[_TAPS[index]] = x
        return StemMaps(**maps)
