"""Batches, made while the ones before them are learned: beside, in a thread, or ahead, in processes of their own.

On a CPU they come painted. For a GPU they are planned and packed only: it paints them itself, many clips at once.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from torch.utils.data import DataLoader, Dataset

from seggpt_core.errors import InputError
from seggpt_core.training.batch import Batch, make_batch
from seggpt_core.training.config import TrainingConfig
from seggpt_core.training.data.engine import plan_sample, sample
from seggpt_core.training.data.shards import Library
from seggpt_core.training.painting.batch import PackedBatch, packed_batch
from seggpt_core.training.processes import ALONE, Processes

_FITTING_SAMPLES = 16
_AHEAD = 3
"""Batches that each process makes ahead."""


@dataclass(frozen=True)
class BatchMaker(Dataset[Batch | PackedBatch]):
    """Makes the batch of any step: a function of the config's seed and the step alone."""

    library: Library
    config: TrainingConfig
    processes: Processes = ALONE
    painted: bool = True
    """Whether batches are painted here, or where they are moved to."""

    def __getitem__(self, step: int) -> Batch | PackedBatch:
        """This process's share of the batch of a step."""
        config = self.config
        sizes = config.sizes_at(step)
        size = sizes[int(np.random.default_rng([config.seed, step, 1]).integers(len(sizes)))]
        numbers = range(step * config.batch, (step + 1) * config.batch)
        indices = [number % (config.distinct or number + 1) for number in numbers]
        return self._made(self.processes.share(indices), size)

    def first(self) -> Batch | PackedBatch:
        """What a model is fitted to before the first step."""
        return self._made(list(range(_FITTING_SAMPLES)), self.config.sizes[0])

    def _made(self, indices: list[int], size: tuple[int, int]) -> Batch | PackedBatch:
        config, engine = self.config, self.config.engine
        if not indices:
            raise InputError(f"a batch of {config.batch} samples: at least one is needed")
        shares = (config.tetrahedron_share, config.own_share)
        if self.painted:
            samples = [sample(self.library, engine, config.seed, index, size) for index in indices]
            return make_batch(samples, indices, config.seed, *shares)
        plans = [plan_sample(self.library, engine, config.seed, index, size) for index in indices]
        return packed_batch(plans, indices, config.seed, *shares, engine.objects)


def batches(maker: BatchMaker, steps: range, workers: int = 0) -> Iterator[Batch | PackedBatch]:
    """The batches of steps, in order; they do not depend on `workers`.

    workers: processes that make them ahead; 0 makes the next one in a thread while one is learned.
    """
    if not workers:
        yield from _beside(maker, steps)
        return
    yield from DataLoader(
        maker,
        sampler=steps,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=_AHEAD,
        worker_init_fn=_one_thread,
        multiprocessing_context="spawn",  # a fork may copy locks that other threads hold
    )


def _beside(maker: BatchMaker, steps: range) -> Iterator[Batch | PackedBatch]:
    if not steps:
        return
    with ThreadPoolExecutor(max_workers=1) as executor:
        coming = executor.submit(maker.__getitem__, steps.start)
        for step in steps:
            batch = coming.result()
            if step + 1 < steps.stop:
                coming = executor.submit(maker.__getitem__, step + 1)
            yield batch


def _one_thread(worker: int) -> None:
    cv2.setNumThreads(1)
