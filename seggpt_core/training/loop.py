"""The training loop: data in, states, log and weights out."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from seggpt_core.checkpoint import embedded_weights, load_strictly, read_weights, write_weights
from seggpt_core.compact import CompactNet
from seggpt_core.training import log
from seggpt_core.training.arithmetic import Counter, matrix_ceiling
from seggpt_core.training.config import TrainingConfig
from seggpt_core.training.data.shards import Library
from seggpt_core.training.feeding import BatchMaker, batches
from seggpt_core.training.learner import CompactLearner, Learner
from seggpt_core.training.processes import Processes, joined
from seggpt_core.training.state import (
    STATE_MB,
    changed_settings,
    check_sizes,
    find_state,
    load_state,
    save_state,
)
from seggpt_core.training.trainer import Trainer

LOG_EVERY = 10
_STEM_WEIGHTS = Path(__file__).parents[1] / "weights" / "readout.safetensors"


@dataclass(frozen=True, kw_only=True)
class RunFolders:
    """Where a run reads and writes."""

    data: Path
    """The root that the config's data is relative to."""
    out: Path
    """Gets `state/`, `log.csv`, `loss.png` and `weights.safetensors`."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """How much of a run to do now, and how; nothing here changes what is learned. The same command goes on later."""

    until_step: int | None = None
    max_minutes: float | None = None
    """End after the step during which they are over."""
    state_mb: float = STATE_MB
    """Largest file of the state, in millions of bytes."""
    workers: int = 0
    """Processes that make samples; see `feeding.batches`."""


def train(
    config: TrainingConfig,
    folders: RunFolders,
    device: torch.device,
    *,
    piece: Piece = Piece(),
    on_entry: Callable[[log.Entry, float], None] = lambda entry, share: None,
    on_resume: Callable[[int, tuple[str, ...]], None] = lambda step, changed: None,
    make_learner: Callable[[TrainingConfig], Learner] | None = None,
) -> None:
    """Train a model (the compact one unless `make_learner` says otherwise) from where `folders.out` stands to
    the config's last step, or to the end of `piece`.

    A run cut into pieces gives the same weights as one that was not, on one machine with equal threads. Where
    `torchrun` has started several processes, all call this alike: they share each batch, and the first one writes.
    on_entry: gets each line of the log, and the share of the device's matrix ceiling that was used since the last one.
    on_resume: gets the step that the run goes on from, and the settings that have changed since it was reached.
    """
    began = time.perf_counter()
    with joined(device) as (processes, own_device):
        library = Library.open([folders.data / name for name in config.data])
        learner = (make_learner or compact_learner)(config)
        maker = BatchMaker(library, config, processes, painted=own_device.type == "cpu")
        check_sizes(learner.net.state_dict(), piece.state_mb)
        trainer = start_or_resume(learner, maker, folders, own_device, on_resume)
        ceiling = matrix_ceiling(own_device, torch.bfloat16 if config.precision == "bf16" else torch.float32)
        journal = _Journal(config, folders, processes, began, on_entry, trainer.step, ceiling)
        _take_steps(trainer, maker, folders, own_device, piece, began, journal)


def _take_steps(
    trainer: Trainer,
    maker: BatchMaker,
    folders: RunFolders,
    device: torch.device,
    piece: Piece,
    began: float,
    journal: "_Journal",
) -> None:
    config, processes, counter = maker.config, maker.processes, Counter()
    stop = min(config.steps, piece.until_step if piece.until_step is not None else config.steps)
    if trainer.step >= stop:
        if processes.is_first:
            export(trainer, folders)
        processes.wait()
    for batch in batches(maker, range(trainer.step, stop), piece.workers):
        moved = batch.to(device)
        kind = (*moved.images.shape, len(trainer.trained))
        loss, flops = counter.run(kind, lambda batch=moved: trainer.take_step(batch))  # type: ignore[misc]
        spent = (time.perf_counter() - began) / 60
        last = trainer.step == stop or processes.any(piece.max_minutes is not None and spent >= piece.max_minutes)
        journal.note(trainer.step, loss, flops, last=last)
        if last or trainer.step % config.state_every == 0:
            if processes.is_first:
                save(trainer, config, folders, piece.state_mb)
            processes.wait()
        if last:
            break


class _Journal:
    """Keeps the log: a line every few steps, written by the first process."""

    def __init__(
        self,
        config: TrainingConfig,
        folders: RunFolders,
        processes: Processes,
        began: float,
        on_entry: Callable[[log.Entry, float], None],
        step: int,
        ceiling: float,
    ) -> None:
        """ceiling: FLOP/s that the device gives at best."""
        self._config, self._path, self._writes = config, folders.out / "log.csv", processes.is_first
        self._on_entry = on_entry
        entries = log.read(self._path, step)
        if self._writes:
            log.rewrite(self._path, entries)
        self._hours = entries[-1].hours if entries else 0.0
        self._ceiling = ceiling
        self._losses: list[float] = []
        self._flops = 0.0
        self._began, self._last = began, time.perf_counter()

    def note(self, step: int, loss: float, flops: float, *, last: bool) -> None:
        self._losses.append(loss)
        self._flops += flops
        if step % LOG_EVERY and not last:
            return
        now = time.perf_counter()
        entry = log.Entry(
            step=step,
            loss=float(np.mean(self._losses)),
            learning_rate=self._config.rate_at(step),
            samples_per_second=len(self._losses) * self._config.batch / (now - self._last),
            hours=self._hours + (now - self._began) / 3600,
        )
        share = self._flops / (now - self._last) / self._ceiling
        self._losses, self._flops, self._last = [], 0.0, now
        if self._writes:
            log.append(self._path, entry)
            self._on_entry(entry, share)


def compact_learner(config: TrainingConfig) -> Learner:
    """The compact model at step 0: the weights that the config starts from, or else the ImageNet stem and random
    weights drawn from the config's seed."""
    torch.manual_seed(config.seed)
    net = CompactNet(config.model)
    if config.start is None:
        _, stem = read_weights(_STEM_WEIGHTS)
        load_strictly(net.stem, stem, _STEM_WEIGHTS)
        return CompactLearner(net, trust=config.trust)
    path = embedded_weights(config.start)
    _, tensors = read_weights(path)
    load_strictly(net, tensors, path)
    return CompactLearner(net, fitted=True, trust=config.trust)


def start_or_resume(
    learner: Learner,
    maker: BatchMaker,
    folders: RunFolders,
    device: torch.device,
    on_resume: Callable[[int, tuple[str, ...]], None] = lambda step, changed: None,
) -> Trainer:
    """A trainer at the state in `folders.out`, or at step 0. on_resume: see `train`."""
    learner.net.to(device)
    trainer = Trainer(learner, maker.config, maker.processes)
    state = find_state(folders.out / "state")
    if state is not None:
        trainer.resume(load_state(state))
        if maker.processes.is_first:
            on_resume(trainer.step, changed_settings(state, maker.config))
        return trainer
    folders.out.mkdir(parents=True, exist_ok=True)
    trainer.initialise(lambda: maker.first().to(device))
    return trainer


def save(trainer: Trainer, config: TrainingConfig, folders: RunFolders, state_mb: float = STATE_MB) -> str:
    """Write the state, the averaged weights and the plot; returns the weights' SHA-256."""
    save_state(folders.out / "state", trainer.state(), config, state_mb)
    log.plot(log.read(folders.out / "log.csv"), folders.out / "loss.png")
    return export(trainer, folders)


def export(trainer: Trainer, folders: RunFolders) -> str:
    """Write the averaged weights; returns their SHA-256."""
    learner, path = trainer.learner, folders.out / "weights.safetensors"
    return write_weights(path, learner.model, learner.sizes, trainer.averaged_weights())
