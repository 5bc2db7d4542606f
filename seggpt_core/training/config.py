"""What a training run is told."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from seggpt_core.config import CompactConfig
from seggpt_core.errors import InputError
from seggpt_core.training.data.settings import EngineConfig

PRECISIONS = ("fp32", "bf16")
_SHARES = ("ema", "tetrahedron_share", "own_share")
"""Fields in 0..1."""
_COUNTS = ("batch", "state_every", "distinct")
"""Fields that are 1 or more, or None where that is allowed."""


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """One run. Together with the data it decides every number of the result on one machine."""

    data: tuple[str, ...]
    """Tar shards or folders, relative to the data root."""
    learning_rate: tuple[tuple[int, float], ...]
    """(step, value) points, joined by straight lines; the last step is where the run ends."""
    model: CompactConfig = field(default_factory=CompactConfig)
    start: str | None = None
    """The model in the package that the run starts from, of the sizes of `model`; None for random weights."""
    engine: EngineConfig = field(default_factory=EngineConfig)
    sizes: tuple[tuple[int, int], ...] = ((256, 256),)
    """Heights and widths of batches, drawn evenly; multiples of 16."""
    grow_step: int | None = None
    """Steps done when batches take `grown_sizes` instead; None keeps `sizes`."""
    grown_sizes: tuple[tuple[int, int], ...] = ()
    batch: int = 4
    seed: int = 1
    precision: str = "fp32"
    """`bf16` computes the network in bfloat16 where torch's autocast does; weights, matches and losses stay float32."""
    compile: bool = False
    """Compile the network's parts with `torch.compile`: rounding may differ."""
    weight_decay: float = 0.05
    max_gradient: float = 1.0
    """Gradients are scaled down to this norm."""
    unfreeze_step: int | None = None
    """Steps done when the stem begins to learn too; None keeps it as it is."""
    stem_rate: float = 0.1
    """The stem's learning rate over that of the rest."""
    ema: float = 0.999
    """Decay of the averaged weights, the ones that are exported."""
    tetrahedron_share: float = 0.5
    """Share of clips coloured as in use; the rest in random colours."""
    own_share: float = 0.7
    """Share of clips whose memory is the model's own paintings."""
    trust: float = 1.0
    """How much the given frame counts in matching beside the others of its clip, as it does in use."""
    distinct: int | None = None
    """Learn this many samples over and over, to see that a model can; None for a new one every time."""
    state_every: int = 250
    """Steps between saved states."""

    def __post_init__(self) -> None:
        steps = [step for step, _ in self.learning_rate]
        if len(steps) < 2 or steps[0] != 0 or steps != sorted(set(steps)):
            raise InputError(f"learning_rate steps {steps}: at least two are needed, rising from 0")
        if self.precision not in PRECISIONS:
            raise InputError(f"precision {self.precision!r}: there is {', '.join(PRECISIONS)}")
        if (self.grow_step is None) != (not self.grown_sizes):
            raise InputError(
                f"grow_step {self.grow_step} with {len(self.grown_sizes)} grown_sizes: both are needed, or neither"
            )
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be in 0 to 1")
        for name in _COUNTS:
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if not self.trust > 0:
            raise InputError(f"trust is {self.trust}; it must be above 0")
        if not self.sizes:
            raise InputError("sizes is empty: at least one [height, width] is needed")
        for size in (*self.sizes, *self.grown_sizes):
            if size[0] % 16 or size[1] % 16 or min(size) < 32:
                raise InputError(f"size {size[0]}x{size[1]}: height and width must be multiples of 16, from 32 on")

    @property
    def steps(self) -> int:
        """The step at which the run ends."""
        return self.learning_rate[-1][0]

    def sizes_at(self, step: int) -> tuple[tuple[int, int], ...]:
        """The heights and widths that a step's batch may have."""
        return self.sizes if self.grow_step is None or step < self.grow_step else self.grown_sizes

    def rate_at(self, step: int) -> float:
        """The learning rate of a step."""
        for (start, low), (stop, high) in pairwise(self.learning_rate):
            if step <= stop:
                return low + (high - low) * (step - start) / (stop - start)
        return self.learning_rate[-1][1]


def config_from_mapping(values: Mapping[str, object]) -> TrainingConfig:
    """A config from what YAML or JSON holds; InputError names a field that is unknown or of the wrong type."""
    config = _build(TrainingConfig, values, "config")
    if not isinstance(config, TrainingConfig):
        raise InputError(f"config: a mapping is needed, got {type(values).__name__}")
    return config


def _build(kind: typing.Any, value: object, where: str) -> object:
    if dataclasses.is_dataclass(kind):
        return _build_dataclass(kind, value, where)
    if typing.get_origin(kind) is tuple:
        return _build_tuple(typing.get_args(kind), value, where)
    if isinstance(kind, types.UnionType):
        return None if value is None else _build(typing.get_args(kind)[0], value, where)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InputError(f"{where}: {value!r}, but {kind.__name__} is needed")
    return value


def _build_dataclass(kind: typing.Any, value: object, where: str) -> object:
    if not isinstance(value, Mapping):
        raise InputError(f"{where}: {value!r}, but a mapping of settings is needed")
    hints = typing.get_type_hints(kind)
    for name in value:
        if name not in hints:
            raise InputError(f"{where}: no setting {name!r}; there is {', '.join(sorted(hints))}")
    for entry in dataclasses.fields(kind):
        needed = entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING
        if needed and entry.name not in value:
            raise InputError(f"{where}: {entry.name!r} is missing")
    return kind(**{name: _build(hints[name], item, f"{where}.{name}") for name, item in value.items()})


def _build_tuple(kinds: tuple[typing.Any, ...], value: object, where: str) -> tuple[object, ...]:
    if not isinstance(value, (list, tuple)):
        raise InputError(f"{where}: {value!r}, but a list is needed")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_build(kinds[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if len(kinds) != len(value):
        raise InputError(f"{where}: {len(value)} items, but {len(kinds)} are needed")
    return tuple(
        _build(kind, item, f"{where}[{index}]") for index, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )
