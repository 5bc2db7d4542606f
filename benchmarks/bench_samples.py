"""How many training samples a second one core makes.

    python -m benchmarks.bench_samples --data ROOT/train

One case a kind of sample, and `all`, kinds drawn as the config has it: what training on a CPU learns from. For a GPU
processes plan and pack samples only (`planned`), and the GPU paints them (`painted`, on `--device`). A case makes the
same samples in every round. The last line of stdout is the result as JSON.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import torch
import yaml

from benchmarks import harness
from seggpt_core.errors import WorkError
from seggpt_core.training.batch import Batch
from seggpt_core.training.config import config_from_mapping
from seggpt_core.training.data.engine import available, sample
from seggpt_core.training.data.settings import EngineConfig, KindWeights
from seggpt_core.training.data.shards import Library
from seggpt_core.training.feeding import BatchMaker
from seggpt_core.training.painting.batch import PackedBatch

SEED = 1
LEAST_SPREAD = 0.02
"""Standard deviation of a picture's colours in 0..1, the median over frames."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its result."""
    options = _parse(arguments)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    given = yaml.safe_load(options.config.read_text(encoding="utf-8"))
    library = Library.open([options.data / name for name in given["data"]])
    training = config_from_mapping({**given, "model": {}})
    config, size = replace(training.engine, frames=options.frames), training.sizes[0]
    training = replace(training, engine=config, seed=SEED, batch=options.samples, sizes=(size,))
    names = available(library, config)[0]
    cases = {name: replace(config, weights=only(name)) for name in names} | {"all": config}
    device, maker = torch.device(options.device), BatchMaker(library, training, painted=False)
    batch = maker[0]
    check(painted(batch, device))
    work: dict[str, Callable[[], object]] = {
        name: made(library, case, options.samples, size) for name, case in cases.items()
    }
    work |= {"planned": lambda: maker[0], "painted": lambda: painted(batch, device)}
    rounds = harness.interleave(
        {name: timed(case, options.samples) for name, case in work.items()},
        options.rounds,
        harness.ReferenceLoad().time,
    )
    result = {
        "benchmark": "samples",
        "frames": options.frames,
        "size": list(size),
        "samples": options.samples,
        "machine": harness.describe_machine(),
        "reference": harness.describe_reference(rounds),
        "device": options.device,
        "cases": {name: harness.summarise(rounds, name) for name in work},
    }
    harness.print_result(result)


def only(kind: str) -> KindWeights:
    """Weights that draw one kind of sample."""
    none = KindWeights(composite=0, whole=0, pairs=0, mix=0, clip=0)
    return replace(none, **{kind: 1.0})


def made(library: Library, config: EngineConfig, samples: int, size: tuple[int, int]) -> Callable[[], object]:
    """Makes samples, painted on the CPU, when it is called."""
    return lambda: [sample(library, config, SEED, index, size) for index in range(samples)]


def painted(batch: Batch | PackedBatch, device: torch.device) -> Batch:
    """Paint a batch, and wait until it is done."""
    done = batch.to(device)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return done


def check(batch: Batch) -> None:
    """Raises WorkError unless every sample of a painted batch has an object, and pictures that are not even."""
    fewest, spread = int(batch.counts.min()) - 1, float(batch.images.flatten(2).std(2).median())
    if fewest < 1 or spread < LEAST_SPREAD:
        raise WorkError(
            f"painted samples have {fewest} objects at least and colours with a standard deviation of {spread:.3f}; "
            f"there should be 1 and {LEAST_SPREAD}: see tests/seggpt_core/training/painting"
        )


def timed(work: Callable[[], object], samples: int) -> Callable[[], float]:
    """Does the work when it is called; returns seconds a sample."""

    def make() -> float:
        began = time.perf_counter()
        work()
        return (time.perf_counter() - began) / samples

    return make


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the config's data lie")
    parser.add_argument("--config", type=Path, default=Path("configs/training/compact.yaml"), metavar="FILE")
    parser.add_argument("--frames", type=int, default=4, help="of a sample")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="where plans are painted")
    parser.add_argument("--samples", type=int, default=30, help="of each case in each round")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
