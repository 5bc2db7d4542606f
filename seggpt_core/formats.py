"""Names and sizes of the published model's checkpoints: the official ones and those of the `transformers` port.

Both hold the same tensors under two sets of names. Neither says its sizes: they are read off the shapes.
"""

import math
import re
from collections.abc import Mapping

from torch import Tensor

from seggpt_core.config import SegGPTConfig
from seggpt_core.errors import InputError

_MERGE_AFTER = 2
"""The official `merge_idx`; no shape tells it."""
_PORT_NAMES = (
    (r"blocks\.(\d+)\.attn\.", r"model.encoder.layers.\1.attention."),
    (r"blocks\.(\d+)\.mlp\.fc", r"model.encoder.layers.\1.mlp.lin"),
    (r"blocks\.(\d+)\.norm1\.", r"model.encoder.layers.\1.layernorm_before."),
    (r"blocks\.(\d+)\.norm2\.", r"model.encoder.layers.\1.layernorm_after."),
    (r"norm\.", "model.encoder.layernorm."),
    (r"patch_embed\.proj\.", "model.embeddings.patch_embeddings.projection."),
    (r"pos_embed$", "model.embeddings.position_embeddings"),
    (r"mask_token$", "model.embeddings.mask_token"),
    (r"segment_token_x$", "model.embeddings.segment_token_input"),
    (r"segment_token_y$", "model.embeddings.segment_token_prompt"),
    (r"type_token_cls$", "model.embeddings.type_token_semantic"),
    (r"type_token_ins$", "model.embeddings.type_token_instance"),
    (r"decoder_embed\.", "decoder.decoder_embed."),
    (r"decoder_pred\.0\.", "decoder.decoder_pred.conv."),
    (r"decoder_pred\.1\.", "decoder.decoder_pred.layernorm."),
    (r"decoder_pred\.3\.", "decoder.decoder_pred.head."),
)


def port_name(official: str) -> str:
    """The port's name of a tensor. Raises InputError for a name that the published model has not."""
    for pattern, replacement in _PORT_NAMES:
        if match := re.match(pattern, official):
            return match.expand(replacement) + official[match.end() :]
    raise InputError(f"tensor {official!r}: the published model has none of that name")


def published_config(shapes: Mapping[str, Tensor]) -> SegGPTConfig:
    """Sizes of the model whose tensors, under their official names, these are.

    The decoder reads blocks evenly spread over the depth, as in the published model. Raises InputError for the
    tensors of another architecture.
    """
    dim, _, _, patch = _shape(shapes, "patch_embed.proj.weight", 4)
    rows, head = _shape(shapes, "blocks.0.attn.rel_pos_h", 2)
    columns, _ = _shape(shapes, "blocks.0.attn.rel_pos_w", 2)
    depth = sum(name.startswith("blocks.") and name.endswith(".norm1.weight") for name in shapes)
    taps = _shape(shapes, "decoder_embed.weight", 2)[1] // dim
    if taps < 1 or depth % taps:
        raise InputError(f"decoder_embed.weight reads {taps} blocks of {dim} channels: a divisor of {depth} is needed")
    return SegGPTConfig(
        canvas=((rows + 1) // 2 * patch, (columns + 1) // 2 * patch),
        patch=patch,
        dim=dim,
        depth=depth,
        heads=dim // head,
        mlp_ratio=_shape(shapes, "blocks.0.mlp.fc1.weight", 2)[0] // dim,
        decoder_dim=_shape(shapes, "decoder_pred.0.weight", 4)[0],
        merge_after=_MERGE_AFTER,
        taps=tuple(depth // taps * (tap + 1) - 1 for tap in range(taps)),
        position_grid=math.isqrt(_shape(shapes, "pos_embed", 3)[1] - 1),
    )


def _shape(shapes: Mapping[str, Tensor], name: str, dimensions: int) -> tuple[int, ...]:
    if name not in shapes:
        raise InputError(f"tensor {name!r} is missing: these are not the weights of SegGPT")
    shape = tuple(shapes[name].shape)
    if len(shape) != dimensions:
        raise InputError(f"tensor {name!r} has shape {shape}: {dimensions} dimensions are needed")
    return shape
