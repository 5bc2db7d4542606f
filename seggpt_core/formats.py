"""Names and sizes of the published model's checkpoints: the official ones and those of the `transformers` port.

Both hold the same tensors under two sets of names. Neither says its sizes: they are read off the shapes.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from torch import Tensor

from seggpt_core.config import SegGPTConfig
from seggpt_core.errors import InputError

_MERGE_AFTER = 2
"""The official `merge_idx`; no shape tells it."""
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
    return _renamed(official, _NAMES)


def official_name(port: str) -> str:
    """The official name of one of the port's tensors. Raises InputError for a name that the port has not."""
    return _renamed(port, [(theirs, official) for official, theirs in _NAMES])


def _renamed(name: str, table: Iterable[tuple[str, str]]) -> str:
    for old, new in table:
        whole = "(.+)" if old.endswith(".") else "()"
        if match := re.fullmatch(re.escape(old).replace(r"\{\}", r"(0|[1-9]\d*)") + whole, name):
            return new.format(match[1]) + match.groups()[-1]
    raise InputError(f"tensor {name!r}: the published model has none of that name")


def published_config(
    tensors: Mapping[str, Tensor],
    taps: tuple[int, ...] | None = None,
    merge_after: int = _MERGE_AFTER,
    file_name: Callable[[str], str] = str,
) -> SegGPTConfig:
    """Sizes of the model whose tensors, under their official names, these are.

    taps, merge_after: what no shape tells. Without `taps` the decoder reads blocks evenly spread over the depth,
    as in the published model. file_name: what errors call a tensor, from its official name. Raises InputError for
    the tensors of another architecture.
    """
    shape = partial(_shape, tensors, file_name)
    dim, _, _, patch = shape("patch_embed.proj.weight", 4)
    rows, head = shape("blocks.0.attn.rel_pos_h", 2)
    columns, _ = shape("blocks.0.attn.rel_pos_w", 2)
    if dim % head:
        name = file_name("blocks.0.attn.rel_pos_h")
        raise InputError(f"tensor {name!r} is for heads of {head} channels: a divisor of {dim} is needed")
    depth = len({name.split(".")[1] for name in tensors if name.startswith("blocks.")})
    return SegGPTConfig(
        canvas=((rows + 1) // 2 * patch, (columns + 1) // 2 * patch),
        patch=patch,
        dim=dim,
        depth=depth,
        heads=dim // head,
        mlp_ratio=shape("blocks.0.mlp.fc1.weight", 2)[0] // dim,
        decoder_dim=shape("decoder_pred.0.weight", 4)[0],
        merge_after=merge_after,
        taps=taps or _spread(shape("decoder_embed.weight", 2)[1] // dim, depth),
        position_grid=math.isqrt(shape("pos_embed", 3)[1] - 1),
    )


def shapes_tell(config: SegGPTConfig) -> bool:
    """Whether `published_config` would find these sizes again, with nothing but the tensors."""
    even = config.depth % len(config.taps) == 0 and config.taps == _spread(len(config.taps), config.depth)
    return even and config.merge_after == _MERGE_AFTER


def _spread(taps: int, depth: int) -> tuple[int, ...]:
    """Indices of so many blocks, evenly spread and ending with the last."""
    if taps < 1 or depth % taps:
        raise InputError(f"the decoder reads {taps} of {depth} blocks: a divisor of {depth} is needed")
    return tuple(depth // taps * (tap + 1) - 1 for tap in range(taps))


def _shape(
    tensors: Mapping[str, Tensor], file_name: Callable[[str], str], name: str, dimensions: int
) -> tuple[int, ...]:
    if name not in tensors:
        raise InputError(f"tensor {file_name(name)!r} is missing: these are not the weights of SegGPT")
    shape = tuple(tensors[name].shape)
    if len(shape) != dimensions or 0 in shape:
        raise InputError(
            f"tensor {file_name(name)!r} has shape {shape}: {dimensions} dimensions, none of them 0, are needed"
        )
    return shape
