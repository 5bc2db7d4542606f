"""One model in training: its optimiser, its averaged weights, and its state in and out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from seggpt_core.errors import InputError
from seggpt_core.losses import Total, colouring_loss
from seggpt_core.training.batch import Batch
from seggpt_core.training.config import TrainingConfig
from seggpt_core.training.learner import Learner
from seggpt_core.training.processes import ALONE, Processes
from seggpt_core.training.state import State

_BETAS = (0.9, 0.98)
_KINDS = {"moment1": "exp_avg", "moment2": "exp_avg_sq"}


class Trainer:
    """Takes steps. AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101); decay on matrices and kernels only."""

    def __init__(self, learner: Learner, config: TrainingConfig, processes: Processes = ALONE) -> None:
        self.learner = learner
        self.config = config
        self.processes = processes
        if config.compile:
            learner.compile()
        self.step = 0
        self.trained = {name: p for name, p in learner.net.named_parameters() if p.requires_grad}
        self.late: frozenset[str] = frozenset()
        """Names of parameters that did not learn at first."""
        self.average = {name: p.detach().clone() for name, p in self.trained.items()}
        self.optimiser = torch.optim.AdamW(self._groups(self.trained.values(), factor=1.0), lr=0.0, betas=_BETAS)

    def initialise(self, make_batch: Callable[[], Batch]) -> None:
        """Fit what is fitted to data; the averaged weights start there. make_batch: see `Learner.initialise`."""
        self.learner.initialise(make_batch)
        self.average = {name: p.detach().clone() for name, p in self.trained.items()}

    def take_step(self, batch: Batch) -> float:
        """One step of gradient descent; returns the loss before it.

        batch: this process's share of the step's.
        """
        if self.step == self.config.unfreeze_step:
            self._unfreeze()
        for group in self.optimiser.param_groups:
            group["lr"] = group["factor"] * self.config.rate_at(self.step + 1)
        with torch.autocast(batch.images.device.type, torch.bfloat16, enabled=self.config.precision == "bf16"):
            painted = self.learner.paint(batch)
        loss = batch_loss(painted.float(), batch, self.processes.total)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.processes.add_gradients(self.trained.values())
        nn.utils.clip_grad_norm_(self.trained.values(), self.config.max_gradient)
        self.optimiser.step()
        self.step += 1
        self._update_average()
        return self.processes.total(loss).item()

    def _groups(self, parameters: Iterable[nn.Parameter], factor: float) -> list[dict[str, Any]]:
        """factor: of the learning rate."""
        listed = list(parameters)
        matrices, vectors = [p for p in listed if p.ndim > 1], [p for p in listed if p.ndim <= 1]
        return [
            {"params": matrices, "weight_decay": self.config.weight_decay, "factor": factor},
            {"params": vectors, "weight_decay": 0.0, "factor": factor},
        ]

    @property
    def _late_by(self) -> int:
        return self.config.unfreeze_step or 0

    def _unfreeze(self) -> None:
        self.learner.unfreeze()
        late = {
            name: p for name, p in self.learner.net.named_parameters() if p.requires_grad and name not in self.trained
        }
        self.late = frozenset(late)
        self.trained |= late
        self.average |= {name: p.detach().clone() for name, p in late.items()}
        for group in self._groups(late.values(), factor=self.config.stem_rate):
            if group["params"]:
                self.optimiser.add_param_group(group)

    def _update_average(self) -> None:
        # The warm-up lets the average forget the untrained weights.
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(self.trained.values()), 1 - decay)

    def state(self) -> State:
        """Everything the next step depends on."""
        tensors = dict(self._named("weight", self.trained)) | dict(self._named("average", self.average))
        for kind, key in _KINDS.items():
            moments = {n: self.optimiser.state[p][key] for n, p in self.trained.items() if p in self.optimiser.state}
            tensors |= dict(self._named(kind, moments))
        return State(self.step, tensors)

    def resume(self, state: State) -> None:
        """Continue from a state of the same model. Raises InputError if it does not fit."""
        if self.config.unfreeze_step is not None and state.step > self.config.unfreeze_step:
            self._unfreeze()
        wanted = {f"{kind}/{name}" for kind in ("weight", "average", *_KINDS) for name in self.trained}
        if wanted != set(state.tensors):
            strange = sorted(wanted ^ set(state.tensors))[0]
            raise InputError(f"the training state does not fit this config: {strange} is in one of them only")
        with torch.no_grad():
            for name, parameter in self.trained.items():
                if state.tensors[f"weight/{name}"].shape != parameter.shape:
                    raise InputError(f"the training state does not fit this config: {name} has another shape")
                parameter.copy_(state.tensors[f"weight/{name}"])
                self.average[name].copy_(state.tensors[f"average/{name}"])
                self.optimiser.state[parameter] = {
                    "step": torch.tensor(float(state.step - (self._late_by if name in self.late else 0))),
                    **{key: state.tensors[f"{kind}/{name}"].to(parameter.device) for kind, key in _KINDS.items()},
                }
        self.step = state.step

    def averaged_weights(self) -> dict[str, Tensor]:
        """The network's whole state dict with the averaged weights in place: what is exported."""
        return self.learner.net.state_dict() | self.average

    @staticmethod
    def _named(kind: str, tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
        return ((f"{kind}/{name}", tensor) for name, tensor in tensors.items())


def batch_loss(painted: Tensor, batch: Batch, total: Total) -> Tensor:
    """The colouring loss over frames 1..T-1, painted (B, T-1, 3, h, w); total: see `colouring_loss`."""
    later = painted.shape[1]
    return colouring_loss(
        painted.flatten(0, 1),
        batch.labels[:, 1:].flatten(0, 1),
        batch.colours.repeat_interleave(later, dim=0),
        batch.counts.repeat_interleave(later, dim=0),
        total,
    )
