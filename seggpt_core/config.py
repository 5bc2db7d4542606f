"""Frozen hyper-parameters of the models."""

from dataclasses import dataclass

from seggpt_core.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class CompactConfig:
    """The compact model's sizes. They are stored beside its weights and rebuilt from there."""

    key_channels: int = 128
    """Channels of a matching key."""
    width: int = 160
    """Decoder channels at stride 16."""
    decoder_width: int = 96
    """Decoder channels at stride 8; halved at stride 4."""
    detail_width: int = 16
    """Decoder channels at stride 2."""

    def __post_init__(self) -> None:
        for name, least in (("key_channels", 1), ("width", 1), ("decoder_width", 16), ("detail_width", 4)):
            value = getattr(self, name)
            if value < least or value % least:
                raise InputError(f"{name} is {value}: a multiple of {least} is needed")


@dataclass(frozen=True, kw_only=True, slots=True)
class SegGPTConfig:
    """The published model's sizes; the defaults are the published ViT-L."""

    canvas: tuple[int, int] = (896, 448)
    """Height and width in pixels: the prompt above the query, each half as high."""
    patch: int = 16
    """Side of a token in pixels."""
    dim: int = 1024
    """Channels of a token."""
    depth: int = 24
    """Transformer blocks."""
    heads: int = 16
    mlp_ratio: int = 4
    decoder_dim: int = 64
    """Decoder channels of a pixel."""
    merge_after: int = 2
    """Index of the block after which the image stream and the target stream become their mean."""
    taps: tuple[int, ...] = (5, 11, 17, 23)
    """Indices of the blocks whose outputs the decoder reads."""
    position_grid: int = 14
    """Side of the square grid of stored positions; they are resized to the canvas."""

    def __post_init__(self) -> None:
        height, width = self.canvas
        if height % (2 * self.patch) or width % self.patch:
            raise InputError(f"canvas {height}x{width}: each half must be made of whole patches of {self.patch}")
        if self.dim % self.heads:
            raise InputError(f"dim {self.dim} with {self.heads} heads: dim must be a multiple of heads")
        if not self.taps or list(self.taps) != sorted(set(self.taps)):
            raise InputError(f"taps {self.taps}: at least one is needed, in rising order")
        if not 0 <= self.merge_after <= self.taps[0] or self.taps[-1] >= self.depth:
            raise InputError(
                f"merge after block {self.merge_after}, taps {self.taps}, depth {self.depth}: "
                "the streams must merge no later than the first tap, and the last tap must be a block"
            )

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of tokens of a canvas."""
        return self.canvas[0] // self.patch, self.canvas[1] // self.patch


PUBLISHED_SIZES = SegGPTConfig()
"""The published ViT-L's."""
