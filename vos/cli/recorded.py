"""What every command that writes a run shares: run.json kept true while the work goes on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vos.errors import InputError, TruncatedError, VosError, WorkError

if TYPE_CHECKING:
    from seggpt_core.prompt import InContextModel
    from vos.run_record import Record


@dataclass(slots=True)
class Tally:
    """How far the work is."""

    done: int = 0
    """Pictures segmented."""


@contextmanager
def recorded(out: Path, stale: Sequence[Path], record: "Record", done: int = 0) -> Iterator[Tally]:
    """Delete what is stale, write `record` to `out`/run.json, and say there how the work failed if it does.

    done: pictures that an earlier run has segmented, where this one goes on with it.
    What fails before the first picture is segmented is raised as InputError, and leaves no run.json, so that `out`
    is free for the next try; what fails later is raised as WorkError. The caller records success.
    """
    from vos.run_record import delete_files, write_record

    try:
        delete_files(out, stale)
        write_record(out, record)
    except WorkError as error:
        raise InputError(str(error)) from error
    tally = Tally(done=done)
    try:
        yield tally
    except BaseException as error:
        _record_failure(out, record, error, tally)
        if isinstance(error, VosError):
            kept = f"; {tally.done} frames before it are done" if isinstance(error, TruncatedError) else ""
            raise (WorkError(f"{error}{kept}") if tally.done else InputError(str(error))) from error
        raise


def describe_model(model: "InContextModel") -> dict[str, str]:
    """What run.json says of a model."""
    return {"name": model.name, "weights_sha256": model.weights_hash, "device": str(model.device)}


def peak_gpu_memory_mib(model: "InContextModel") -> float | None:
    """Highest memory that PyTorch held on the model's device; None on a CPU."""
    import torch

    if model.device.type != "cuda":
        return None
    return round(torch.cuda.max_memory_allocated(model.device) / 2**20, 1)


def _record_failure(out: Path, record: "Record", error: BaseException, tally: Tally) -> None:
    from vos.run_record import FILE_NAME, delete_files, write_record

    if not tally.done:
        delete_files(out, [out / FILE_NAME])
        return
    status: Literal["interrupted", "failed"] = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    with suppress(WorkError):  # the error that stopped the run is the one to tell of
        truncated_at = error.frame if isinstance(error, TruncatedError) else None
        ended = record.ended(out, status, error=str(error) or type(error).__name__, truncated_at=truncated_at)
        write_record(out, ended)
