"""The training loop: data in, states, log and weights out."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from seggpt_core.checkpoint import load_strictly, read_weights, write_weights
from seggpt_core.compact import CompactNet
from seggpt_core.errors import InputError
from seggpt_core.training import log
from seggpt_core.training.batch import Batch, make_batch
from seggpt_core.training.config import TrainingConfig
from seggpt_core.training.data.engine import sample
from seggpt_core.training.data.shards import Library
from seggpt_core.training.learner import CompactLearner, Learner
from seggpt_core.training.state import load_state, save_state
from seggpt_core.training.trainer import Trainer

LOG_EVERY = 10
_STEM_WEIGHTS = Path(__file__).parents[1] / "weights" / "readout.safetensors"
_FITTING_SAMPLES = 16


@dataclass(frozen=True, kw_only=True)
class RunFolders:
    """Where a run reads and writes."""

    data: Path
    """The root that the config's data is relative to."""
    out: Path
    """Gets `state/`, `log.csv`, `loss.png` and `weights.safetensors`."""


def train(
    config: TrainingConfig,
    folders: RunFolders,
    device: torch.device,
    *,
    until_step: int | None = None,
    on_entry: Callable[[log.Entry], None] = lambda entry: None,
    make_learner: Callable[[TrainingConfig], Learner] | None = None,
) -> None:
    """Train a model (the compact one unless `make_learner` says otherwise) from where `folders.out` stands to
    the config's last step, or to `until_step`.

    A run cut into pieces gives the same weights as one that was not, on one machine with equal threads.
    """
    library = Library.open([folders.data / name for name in config.data])
    learner = (make_learner or compact_learner)(config)
    trainer = start_or_resume(learner, config, folders, library, device)
    stop = min(config.steps, until_step if until_step is not None else config.steps)
    entries = log.read(folders.out / "log.csv", trainer.step)
    log.rewrite(folders.out / "log.csv", entries)
    hours = entries[-1].hours if entries else 0.0
    losses: list[float] = []
    began = last = time.perf_counter()
    for batch in batches(library, config, trainer.step, stop):
        losses.append(trainer.take_step(batch.to(device)))
        if trainer.step % LOG_EVERY == 0 or trainer.step == stop:
            now = time.perf_counter()
            entry = log.Entry(
                step=trainer.step,
                loss=float(np.mean(losses)),
                learning_rate=config.rate_at(trainer.step),
                samples_per_second=len(losses) * config.batch / (now - last),
                hours=hours + (now - began) / 3600,
            )
            log.append(folders.out / "log.csv", entry)
            on_entry(entry)
            losses, last = [], now
        if trainer.step % config.state_every == 0 or trainer.step == stop:
            save(trainer, config, folders)


def compact_learner(config: TrainingConfig) -> Learner:
    """The compact model at step 0: the ImageNet stem and random weights drawn from the config's seed."""
    torch.manual_seed(config.seed)
    net = CompactNet(config.model)
    _, stem = read_weights(_STEM_WEIGHTS)
    load_strictly(net.stem, stem, _STEM_WEIGHTS)
    return CompactLearner(net)


def start_or_resume(
    learner: Learner, config: TrainingConfig, folders: RunFolders, library: Library, device: torch.device
) -> Trainer:
    """A trainer at the state in `folders.out`, or at step 0."""
    learner.net.to(device)
    trainer = Trainer(learner, config)
    if (folders.out / "state").exists():
        trainer.resume(load_state(folders.out / "state"))
        return trainer
    folders.out.mkdir(parents=True, exist_ok=True)
    trainer.initialise(_batch(library, config, list(range(_FITTING_SAMPLES)), config.sizes[0]).to(device))
    return trainer


def save(trainer: Trainer, config: TrainingConfig, folders: RunFolders) -> str:
    """Write the state, the averaged weights and the plot; returns the weights' SHA-256."""
    save_state(folders.out / "state", trainer.state(), config)
    log.plot(log.read(folders.out / "log.csv"), folders.out / "loss.png")
    learner, path = trainer.learner, folders.out / "weights.safetensors"
    return write_weights(path, learner.model, learner.sizes, trainer.averaged_weights())


def batches(library: Library, config: TrainingConfig, start: int, stop: int) -> Iterator[Batch]:
    """The batches of steps start..stop-1, each a function of the config's seed and its step; the next
    one is made while this one is learned."""
    if start >= stop:
        return
    with ThreadPoolExecutor(max_workers=1) as executor:
        coming = executor.submit(batch_of_step, library, config, start)
        for step in range(start, stop):
            batch = coming.result()
            if step + 1 < stop:
                coming = executor.submit(batch_of_step, library, config, step + 1)
            yield batch


def batch_of_step(library: Library, config: TrainingConfig, step: int) -> Batch:
    """The batch of one step."""
    size = config.sizes[int(np.random.default_rng([config.seed, step, 1]).integers(len(config.sizes)))]
    indices = range(step * config.batch, (step + 1) * config.batch)
    return _batch(library, config, [index % (config.distinct or index + 1) for index in indices], size)


def _batch(library: Library, config: TrainingConfig, indices: list[int], size: tuple[int, int]) -> Batch:
    if not indices:
        raise InputError(f"a batch of {config.batch} samples: at least one is needed")
    samples = [sample(library, config.engine, config.seed, index, size) for index in indices]
    return make_batch(samples, indices, config.seed, config.tetrahedron_share, config.own_share)
