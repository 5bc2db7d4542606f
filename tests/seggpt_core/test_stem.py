"""The stem: à-trous maps hold the strided network's values, and the published weights are folded right."""

import torch
import torch.nn.functional as F
from torch import Tensor

from seggpt_core.checkpoint import load_model
from seggpt_core.stem import LITE2_BLOCKS, MAP_SCALE, Bottleneck, Stem
from tests.made_clips import moving_objects


def strided_block_10(stem: Stem, s8: Tensor) -> Tensor:
    """Blocks 7 to 10 as the network was trained: block 7 with stride 2, nothing dilated."""
    x = s8
    for spec, block in zip(LITE2_BLOCKS[7:11], list(stem.blocks)[7:11], strict=True):
        if not isinstance(block, Bottleneck) or block.expand is None:
            raise TypeError(spec)
        y = F.relu6(block.expand(x))
        weight, bias, groups = block.depthwise.weight, block.depthwise.bias, block.depthwise.groups
        if x is s8:
            y = F.conv2d(F.pad(y, (0, 1, 0, 1)), weight, bias, stride=2, groups=groups)
        else:
            y = F.conv2d(y, weight, bias, padding=1, groups=groups)
        y = block.project(F.relu6(y))
        x = x + y if block.residual else y
    return x


def test_the_dilated_map_thinned_is_the_strided_map() -> None:
    torch.manual_seed(0)
    stem = Stem().eval()
    with torch.inference_mode():
        maps = stem(torch.rand(1, 3, 64, 96))
        torch.testing.assert_close(maps.strided(), strided_block_10(stem, maps.s8), rtol=0, atol=1e-5)


def test_strides_and_channels() -> None:
    with torch.inference_mode():
        maps = Stem().eval()(torch.rand(2, 3, 64, 96))
    shapes = {name: tuple(getattr(maps, name).shape) for name in ("s2", "s4", "s8", "d8", "s16")}
    assert shapes == {
        "s2": (2, 16, 32, 48),
        "s4": (2, 24, 16, 24),
        "s8": (2, 48, 8, 12),
        "d8": (2, 88, 8, 12),
        "s16": (2, 120, 4, 6),
    }


def test_scaled_maps_of_a_picture_are_about_unit_size() -> None:
    """One learning rate suits all layers that read them."""
    model = load_model("compact", device=torch.device("cpu"))
    picture = torch.from_numpy(moving_objects(3, frames=1, size=(96, 160)).frames[0])
    with torch.inference_mode():
        maps = model.net.stem(picture.permute(2, 0, 1)[None].float() / 255)  # type: ignore[attr-defined]
    for name in ("s2", "s4", "s8", "d8", "s16"):
        assert 0.5 < MAP_SCALE * getattr(maps, name).std() < 2
