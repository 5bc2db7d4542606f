"""Names and sizes in the published model's checkpoints: the official ones, those of the `transformers` port and ours.

The first two hold the same tensors under two sets of names, and say no sizes. Ours has the official names, and says
its sizes in its description.
"""

import dataclasses
import math
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor

from seggpt_core.config import PUBLISHED_SIZES, SegGPTConfig
from seggpt_core.errors import InputError

_MOST = 4096
"""No size is larger: shapes made of such sizes can be computed with."""
_LISTS, _INDICES = {"canvas", "taps"}, {"taps", "merge_after"}
_BLOCK = "blocks.{}.norm1.weight"
"""Every block has it."""
_NAMES = (
    ("blocks.{}.attn.", "model.encoder.layers.{}.attention."),
    ("blocks.{}.mlp.fc1.", "model.encoder.layers.{}.mlp.lin1."),
    ("blocks.{}.mlp.fc2.", "model.encoder.layers.{}.mlp.lin2."),
    ("blocks.{}.norm1.", "model.encoder.layers.{}.layernorm_before."),
    ("blocks.{}.norm2.", "model.encoder.layers.{}.layernorm_after."),
    ("norm.", "model.encoder.layernorm."),
    ("patch_embed.proj.", "model.embeddings.patch_embeddings.projection."),
    ("pos_embed", "model.embeddings.position_embeddings"),
    ("mask_token", "model.embeddings.mask_token"),
    ("segment_token_x", "model.embeddings.segment_token_input"),
    ("segment_token_y", "model.embeddings.segment_token_prompt"),
    ("type_token_cls", "model.embeddings.type_token_semantic"),
    ("type_token_ins", "model.embeddings.type_token_instance"),
    ("decoder_embed.", "decoder.decoder_embed."),
    ("decoder_pred.0.", "decoder.decoder_pred.conv."),
    ("decoder_pred.1.", "decoder.decoder_pred.layernorm."),
    ("decoder_pred.3.", "decoder.decoder_pred.head."),
)
"""Official name, the port's name. `{}` is a block's index; what ends in a dot is the beginning of a name."""


def port_name(official: str) -> str:
    """The port's name of a tensor. Raises InputError for a name that the published model has not."""
    for old, new in _NAMES:
        whole = "(.+)" if old.endswith(".") else "()"
        if match := re.fullmatch(re.escape(old).replace(r"\{\}", r"(0|[1-9]\d*)") + whole, official):
            return new.format(match[1]) + match.groups()[-1]
    raise InputError(f"tensor {official!r}: the published model has none of that name")


def described_sizes(said: Mapping[str, object]) -> SegGPTConfig:
    """Sizes from the `config` of a description in our own format. Raises InputError for what describes no model."""
    known = {field.name for field in dataclasses.fields(SegGPTConfig)}
    if set(said) != known:
        raise InputError(f"its description names {sorted(said)}, but {sorted(known)} is needed")
    for name, value in said.items():
        if not _is_size(name, value):
            numbers = "whole numbers" if name in _LISTS else "a whole number"
            least = 0 if name in _INDICES else 1
            raise InputError(f"its description says {name} {value!r}: {numbers} from {least} to {_MOST} needed")
    sizes: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    return SegGPTConfig(**sizes)


def _is_size(name: str, value: object) -> bool:
    if isinstance(value, list) != (name in _LISTS):
        return False
    numbers = value if isinstance(value, list) else [value]
    if name == "canvas" and len(numbers) != 2:
        return False
    return all(type(number) is int and (name not in _INDICES) <= number <= _MOST for number in numbers)


def require_blocks(tensors: Mapping[str, Tensor], depth: int) -> None:
    """Raise InputError naming a tensor of the first of `depth` blocks, by official names, that is not there."""
    for index in range(depth):
        if (name := _BLOCK.format(index)) not in tensors:
            raise InputError(f"tensor {name!r} is missing: {depth} blocks are needed")


def published_config(tensors: Mapping[str, Tensor]) -> SegGPTConfig:
    """Sizes that the shapes of tensors, under their official names, tell: for figures that come without sizes.

    What no shape tells is as published: after which block the streams merge, and that the blocks which the decoder
    reads are evenly spread. Raises InputError for the tensors of another architecture, and where a block is missing.
    """
    shape = partial(_shape, tensors)
    dim, _, _, patch = shape("patch_embed.proj.weight", 4)
    rows, head = shape("blocks.0.attn.rel_pos_h", 2)
    columns, _ = shape("blocks.0.attn.rel_pos_w", 2)
    if dim % head:
        raise InputError(
            f"tensor 'blocks.0.attn.rel_pos_h' is for heads of {head} channels: a divisor of {dim} is needed"
        )
    depth = 1 + max(int(match[1]) for name in tensors if (match := re.match(r"blocks\.(\d+)\.", name)))
    require_blocks(tensors, depth)
    return SegGPTConfig(
        canvas=((rows + 1) // 2 * patch, (columns + 1) // 2 * patch),
        patch=patch,
        dim=dim,
        depth=depth,
        heads=dim // head,
        mlp_ratio=shape("blocks.0.mlp.fc1.weight", 2)[0] // dim,
        decoder_dim=shape("decoder_pred.0.weight", 4)[0],
        merge_after=PUBLISHED_SIZES.merge_after,
        taps=_spread(shape("decoder_embed.weight", 2)[1] // dim, depth),
        position_grid=math.isqrt(shape("pos_embed", 3)[1] - 1),
    )


def _spread(taps: int, depth: int) -> tuple[int, ...]:
    """Indices of so many blocks, evenly spread and ending with the last."""
    if taps < 1 or depth % taps:
        raise InputError(f"the decoder reads {taps} of {depth} blocks: a divisor of {depth} is needed")
    return tuple(depth // taps * (tap + 1) - 1 for tap in range(taps))


def _shape(tensors: Mapping[str, Tensor], name: str, dimensions: int) -> tuple[int, ...]:
    if name not in tensors:
        raise InputError(f"tensor {name!r} is missing: these are not the weights of SegGPT")
    shape = tuple(tensors[name].shape)
    if len(shape) != dimensions or 0 in shape:
        raise InputError(f"tensor {name!r} has shape {shape}: {dimensions} dimensions, none of them 0, are needed")
    return shape
