"""One scoring for bench_scoring, in a process of its own, as a user's would be.

Called as `python -m benchmarks.scoring_case vos|vos-benchmark ROOT RESULTS PROCESSES`; prints JSON.
"""

import contextlib
import io
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.scoring_set import ANNOTATIONS


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectMeans:
    """What both programs say of an object: mean J and F, 0..1."""

    sequence: str
    object_id: int
    j: float
    f: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One scoring."""

    seconds: float
    """From the folders to the totals, without imports."""
    peak_memory_mib: float
    """The largest resident size that a worker process reached."""
    objects: list[ObjectMeans]


def score_ours(root: Path, results: Path, processes: int) -> Outcome:
    """`vos.evaluation`, without baselines and reports."""
    from vos.evaluation import open_dataset
    from vos.evaluation.parallel_scoring import score_all
    from vos.evaluation.predictions import listed_problems, results_in
    from vos.evaluation.processes import Processes
    from vos.evaluation.progress import no_progress

    began = time.perf_counter()
    dataset = open_dataset("davis2017", root)
    listed_problems(dataset, results).refuse("results")
    executor = Processes(workers=processes, threads=1)
    found = score_all(dataset, {OURS: results_in(results)}, executor, no_progress)
    seconds = time.perf_counter() - began
    objects = [
        ObjectMeans(sequence=one.sequence, object_id=int(one.object), j=one.j.mean, f=one.f.mean)
        for one in found.scores[OURS].objects
    ]
    return Outcome(seconds=seconds, peak_memory_mib=found.peak_memory_mib, objects=objects)


def score_theirs(root: Path, results: Path, processes: int) -> Outcome:
    """`vos_benchmark` as it comes; what it prints is dropped, and the file that it leaves is deleted."""
    from vos_benchmark.benchmark import benchmark

    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = benchmark([str(root / ANNOTATIONS)], [str(results)], num_processes=processes)
    seconds = time.perf_counter() - began
    (results / "results.csv").unlink()
    (sequences,) = found[-1]
    objects = [
        ObjectMeans(sequence=sequence, object_id=one, j=float(j[one]) / 100, f=float(f[one]) / 100)
        for sequence, (j, f) in sequences.items()
        for one in sorted(j)
    ]
    return Outcome(seconds=seconds, peak_memory_mib=_peak_of_workers_mib(), objects=objects)


OURS, THEIRS = "vos", "vos-benchmark"
CASES: dict[str, Callable[[Path, Path, int], Outcome]] = {OURS: score_ours, THEIRS: score_theirs}


def _peak_of_workers_mib() -> float:
    """Of all child processes, once they have ended (Linux: KiB)."""
    while multiprocessing.active_children():
        time.sleep(0.01)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    _, name, *folders, processes = sys.argv
    root, results = map(Path, folders)
    print(json.dumps(asdict(CASES[name](root, results, int(processes)))))
