"""How a model runs: number format, and of the published one compiled blocks and recorded CUDA graphs."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor

from seggpt_core.errors import InputError

Precision = Literal["fp32", "bf16", "fp16"]

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
_WARM_UPS = 3
"""Calls before a graph is recorded, in which libraries choose kernels and take their memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """Number format and speed-ups. fp32 is exact; each of the others trades a measured colour error for speed."""

    precision: Precision = "fp32"
    """bf16 and fp16: matrix products in that format, sums and normalisation in float32 (torch's autocast)."""
    compile: bool = False
    """Blocks through `torch.compile`: the first frames take minutes, later ones less time."""
    cuda_graphs: bool = False
    """Frames of equal shapes are recorded once as a CUDA graph and replayed, which spares a GPU its idle gaps."""

    def asked_for(self) -> dict[str, object]:
        """The fields that differ from the default."""
        return {name: value for name, value in asdict(self).items() if value != getattr(EXACT, name)}

    def require(self, device: torch.device) -> None:
        """Raise InputError for what `device` has not."""
        wanted = self.asked_for().keys() - {"precision"}
        if wanted and device.type != "cuda":
            raise InputError(
                f"{', '.join(sorted(wanted))}: needs a CUDA device, but the device is {device}; leave it out"
            )

    def autocast(self, device: torch.device) -> AbstractContextManager[object]:
        """The context that the model's work runs in."""
        if self.precision == "fp32":
            return _exact_convolutions() if device.type == "cuda" else nullcontext()
        # Converted weights that autocast keeps are freed behind a recorded graph's back.
        return torch.autocast(
            device.type,
            dtype=_DTYPES[self.precision],
            cache_enabled=not self.cuda_graphs,
        )


EXACT = Execution()


def _exact_convolutions() -> AbstractContextManager[object]:
    """By default cuDNN rounds what float32 convolutions multiply to TF32, 10 bits of mantissa; here it does not."""
    own = torch.backends.cudnn
    return own.flags(enabled=own.enabled, benchmark=own.benchmark, deterministic=own.deterministic, allow_tf32=False)


Work = Callable[..., Tensor]
Capture = Callable[[Callable[[], Tensor]], Callable[[], Tensor]]
"""Records work that reads and writes the same memory every time; what it returns does it again."""


class GraphedCall:
    """A function of tensors, recorded once for each set of their shapes and replayed from then on."""

    def __init__(self, work: Work, capture: Capture) -> None:
        self._work = work
        self._capture = capture
        self._recorded: dict[tuple[torch.Size, ...], tuple[list[Tensor], Callable[[], Tensor]]] = {}

    def __call__(self, *given: Tensor) -> Tensor:
        """What `work` gives for tensors of this device and these dtypes, in memory of its own."""
        shapes = tuple(one.shape for one in given)
        if shapes not in self._recorded:
            own = [one.clone() for one in given]
            self._recorded[shapes] = (own, self._capture(lambda: self._work(*own)))
        own, replay = self._recorded[shapes]
        for mine, theirs in zip(own, given, strict=True):
            mine.copy_(theirs)
        return replay().clone()


def capture_on_cuda(work: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """Record `work` as a CUDA graph."""
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(_WARM_UPS):
            work()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = work()

    def replay() -> Tensor:
        graph.replay()
        return result

    return replay
