"""How many training samples a second one core makes.

    python -m benchmarks.bench_samples --data ROOT/train

One case a kind of sample, and `all`, kinds drawn as the config has it. A case makes the same samples in every round.
The last line of stdout is the result as JSON.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import yaml

from benchmarks import harness
from seggpt_core.training.config import config_from_mapping
from seggpt_core.training.data.engine import available, sample
from seggpt_core.training.data.settings import EngineConfig, KindWeights
from seggpt_core.training.data.shards import Library

SEED = 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its result."""
    options = _parse(arguments)
    cv2.setNumThreads(1)
    given = yaml.safe_load(options.config.read_text(encoding="utf-8"))
    library = Library.open([options.data / name for name in given["data"]])
    config = replace(config_from_mapping({**given, "model": {}}).engine, frames=options.frames)
    names = available(library, config)[0]
    cases = {name: replace(config, weights=only(name)) for name in names} | {"all": config}
    rounds = harness.interleave(
        {name: timed(library, case, options.samples) for name, case in cases.items()},
        options.rounds,
        harness.ReferenceLoad().time,
    )
    result = {
        "benchmark": "samples",
        "frames": options.frames,
        "size": list(config.size),
        "samples": options.samples,
        "machine": harness.describe_machine(),
        "reference": harness.describe_reference(rounds),
        "cases": {name: harness.summarise(rounds, name) for name in cases},
    }
    harness.print_result(result)


def only(kind: str) -> KindWeights:
    """Weights that draw one kind of sample."""
    none = KindWeights(composite=0, whole=0, pairs=0, mix=0, clip=0)
    return replace(none, **{kind: 1.0})


def timed(library: Library, config: EngineConfig, samples: int) -> Callable[[], float]:
    """Makes samples 0, 1, … when it is called; returns seconds a sample."""

    def make() -> float:
        began = time.perf_counter()
        for index in range(samples):
            sample(library, config, SEED, index)
        return (time.perf_counter() - began) / samples

    return make


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the config's data lie")
    parser.add_argument("--config", type=Path, default=Path("configs/training/compact.yaml"), metavar="FILE")
    parser.add_argument("--frames", type=int, default=4, help="of a sample")
    parser.add_argument("--samples", type=int, default=30, help="of each case in each round")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
