"""Frozen hyper-parameters of the models."""

from dataclasses import dataclass

from seggpt_core.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class CompactConfig:
    """The compact model's sizes. They are stored beside its weights and rebuilt from there."""

    key_channels: int = 128
    """Channels of a matching key."""
    width: int = 160
    """Channels of a stride-16 token."""
    heads: int = 4
    """Attention heads; the first half carry rotary positions."""
    depth: int = 4
    """Transformer blocks."""
    mlp_ratio: int = 3
    decoder_width: int = 96
    """Decoder channels at stride 8; halved at stride 4."""
    detail_width: int = 16
    """Decoder channels at stride 2."""

    def __post_init__(self) -> None:
        if self.width % (4 * self.heads):
            raise InputError(f"width {self.width} with {self.heads} heads: width must be a multiple of 4 x heads")
        if self.heads % 2:
            raise InputError(f"heads {self.heads}: must be even, half of them carry positions")
