"""One run on several processes: each learns its share of every batch, and all hold the same weights.

Started by `torchrun`, which says in the environment who is who. Gradients are summed, and what a mean divides by is
counted over all processes, so that a step is that of one process with the whole batch, but for rounding.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from seggpt_core.errors import InputError


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among all that learn together."""

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes."""
        return self.rank == 0

    def share(self, indices: Sequence[int]) -> list[int]:
        """This process's samples of a batch. Raises InputError if there are fewer samples than processes."""
        if len(indices) < self.count:
            raise InputError(f"a batch of {len(indices)} samples on {self.count} processes: each needs one at least")
        return list(indices[self.rank :: self.count])

    def total(self, value: Tensor) -> Tensor:
        """The sum over all processes; no gradient flows through it."""
        value = value.detach().clone()
        if self.count > 1:
            dist.all_reduce(value)
        return value

    def add_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Give every process the sum of all processes' gradients."""
        gradients = [one.grad for one in parameters if one.grad is not None]
        if self.count == 1 or not gradients:
            return
        flat = torch.cat([one.flatten() for one in gradients])
        dist.all_reduce(flat)
        for gradient, part in zip(gradients, flat.split([one.numel() for one in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def any(self, said: bool) -> bool:
        """Whether any process says so: all must stop at the same step."""
        return bool(self.total(torch.tensor(float(said))) > 0)

    def wait(self) -> None:
        """Go on when all processes are here."""
        if self.count > 1:
            dist.barrier()


ALONE = Processes()


@contextmanager
def joined(device: torch.device) -> Iterator[tuple[Processes, torch.device]]:
    """This process's place among those that `torchrun` started, and its own device; alone without it."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE, device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    # Gloo beside NCCL: counts that live on the CPU are summed too.
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(rank=dist.get_rank(), count=count), device
    finally:
        dist.destroy_process_group()
