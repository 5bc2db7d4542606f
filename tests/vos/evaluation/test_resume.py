import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.vos.datasets.made_davis import moving_square, square, write_davis, write_frame
from tests.vos.evaluation.made_models import TROUBLE
from tests.vos.evaluation.seen import Seen
from vos.errors import InputError, WorkError
from vos.evaluation import Evaluation, evaluate_tracker, open_dataset
from vos.evaluation.journal import Finished, append, begin_journal, read_journal
from vos.evaluation.output import claimed
from vos.evaluation.processes import Processes
from vos.evaluation.tasks import Executor, InThisProcess
from vos.settings import load_tracker

WIDE, TALL = 5, 4
"""Frames of the two sequences."""
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Case:
    """A data set of two sequences, `wide` and `tall`, and a model that can be told to fail at the second."""

    folder: Path

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(
        self, *, executor: Executor | None = None, overwrite: bool = False, baselines: bool = False, **changes: Any
    ) -> tuple[Evaluation, int]:
        """The evaluation, and how many frames it tracked."""
        seen = Seen()
        found = evaluate_tracker(
            open_dataset("davis2017", self.data),
            load_tracker("default", model=TROUBLE, weights=self.folder / "weights", pixels=48 * 64, **changes),
            self.out,
            baselines=baselines,
            overwrite=overwrite,
            executor=executor or InThisProcess(),
            progress=seen,
        )
        return found, seen.done["tracking"]

    def record(self) -> dict[str, Any]:
        return json.loads((self.out / "run.json").read_text())

    def masks(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.out)): path.read_bytes() for path in self.out.glob("masks/*/*.png")}


@pytest.fixture
def case(tmp_path: Path) -> Case:
    upright = [square(4 + step, 4, size=(32, 24)) for step in range(TALL)]
    write_davis(tmp_path / "data", 2017, {"wide": moving_square(WIDE), "tall": upright})
    (tmp_path / "weights").write_text("ab" * 32)
    return Case(tmp_path)


@pytest.fixture
def broken(case: Case) -> Case:
    """The same after a run that failed at `tall`."""
    (case.folder / "broken").touch()
    with pytest.raises(WorkError, match=r"^tall: KeyError: 'broken'; all else is finished, and the same command"):
        case.run()
    (case.folder / "broken").unlink()
    return case


def test_a_failure_stops_nothing_else_and_is_recorded(broken: Case) -> None:
    record = broken.record()
    assert record["status"] == "failed"
    (failure,) = record["failures"]
    assert (failure["run"], failure["sequence"], failure["error"]) == ("masks", "tall", "KeyError: 'broken'")
    assert "made_models.py" in failure["traceback"]
    assert len(list(broken.out.glob("masks/wide/*.png"))) == WIDE
    assert not (broken.out / "report.json").exists()


def test_the_same_command_goes_on_with_what_is_not_finished(broken: Case) -> None:
    times = {path: path.stat().st_mtime_ns for path in broken.out.glob("masks/wide/*.png")}
    found, tracked = broken.run()
    assert tracked == TALL
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert {name: speed.frames for name, speed in found.speeds.items()} == {"wide": WIDE, "tall": TALL}
    assert broken.record()["status"] == "done"


def test_a_run_that_went_on_is_the_run_that_never_stopped(broken: Case, tmp_path: Path) -> None:
    went_on, _ = broken.run()
    straight, _ = replace(broken, folder=tmp_path).run(overwrite=True)
    assert went_on.scores == straight.scores


def test_a_finished_run_is_reported_again_and_tracks_nothing(case: Case) -> None:
    first, tracked = case.run()
    report = (case.out / "report.json").read_text()
    (case.out / "report.json").unlink()
    again, tracked_again = case.run()
    assert (tracked, tracked_again) == (WIDE + TALL, 0)
    assert (again.scores, again.speeds) == (first.scores, first.speeds)
    assert list(json.loads((case.out / "report.json").read_text())) == list(json.loads(report))


def test_overwrite_begins_anew(broken: Case) -> None:
    assert broken.run(overwrite=True)[1] == WIDE + TALL


def change_mask(case: Case) -> None:
    path = case.out / "masks/wide/00002.png"
    path.write_bytes((case.out / "masks/wide/00000.png").read_bytes())


def change_frame(case: Case) -> None:
    write_frame(case.data / "JPEGImages/480p/wide/00002.jpg", moving_square(2)[1])


@pytest.mark.parametrize(
    "change", [change_mask, change_frame, lambda case: (case.out / "masks/wide/00002.png").unlink()]
)
def test_a_sequence_whose_data_or_masks_are_not_what_they_were_is_tracked_again(
    case: Case, change: Callable[[Case], None]
) -> None:
    case.run()
    masks = case.masks()
    change(case)
    assert case.run()[1] == WIDE
    assert set(case.masks()) == set(masks)
    assert case.masks()["masks/wide/00000.png"] == masks["masks/wide/00000.png"]


@pytest.mark.parametrize(
    ("changes", "different"),
    [
        ({"memory": 2}, "settings"),
        ({"baselines": True}, "baselines, models"),
        ({"executor": InThisProcess(threads=2)}, "threads"),
    ],
)
def test_nothing_is_reused_of_another_run(broken: Case, changes: dict[str, Any], different: str) -> None:
    with pytest.raises(InputError, match=rf"holds another run \(not the same: {different}\)"):
        broken.run(**changes)
    assert broken.record()["status"] == "failed"


def test_nothing_is_reused_of_other_weights(broken: Case) -> None:
    (broken.folder / "weights").write_text("cd" * 32)
    with pytest.raises(InputError, match=r"not the same: models"):
        broken.run()


def test_a_folder_in_use_is_refused(case: Case) -> None:
    with claimed(case.out), pytest.raises(InputError, match="another `vos evaluate` works in it"):
        case.run()
    assert not case.out.exists()


def test_a_killed_worker_is_its_sequences_error(case: Case) -> None:
    (case.folder / "killed").touch()
    with pytest.raises(WorkError, match=r"^tall: its worker process was killed \(SIGKILL"):
        case.run(executor=Processes(workers=2, threads=1))
    assert [entry.sequence for entry in read_journal(case.out / "finished.jsonl")] == ["wide"]
    (case.folder / "killed").unlink()
    assert case.run()[1] == TALL


def test_a_killed_run_takes_its_workers_along_and_can_be_gone_on_with(case: Case) -> None:
    stuck, journal = case.folder / "stuck", case.out / "finished.jsonl"
    stuck.touch()
    arguments = ["davis2017", "--data", str(case.data), "--out", str(case.out), "--no-baselines", "--workers", "2"]
    tracker = case.folder / "tracker.yaml"
    tracker.write_text(f"model: {TROUBLE}\nweights: {case.folder / 'weights'}\npixels: 3072\n")
    command = [
        sys.executable,
        "-c",
        "from vos.cli.main import main; main()",
        "evaluate",
        *arguments,
        "--tracker",
        str(tracker),
    ]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as run:
        wait_until(lambda: bool(read_journal(journal)) and bool(stuck.read_text()))
        run.kill()
    wait_until(lambda: not is_running(int(stuck.read_text())))
    assert case.record()["status"] == "running"
    stuck.unlink()
    assert case.run()[1] == TALL


def test_masks_do_not_depend_on_who_made_them(case: Case, ray_actors: Executor) -> None:
    made = []
    for executor in (InThisProcess(), Processes(workers=2, threads=1), ray_actors):
        case.run(executor=executor, overwrite=True, device="cpu")
        made.append(case.masks())
    assert len(made[0]) == WIDE + TALL
    assert made[1] == made[0]
    assert made[2] == made[0]


def test_a_torn_line_of_the_journal_is_no_finished_sequence(tmp_path: Path) -> None:
    one = Finished(
        run="masks",
        sequence="a",
        data_sha256="00",
        masks_sha256="11",
        frames=3,
        seconds=1.5,
        peak_memory_mib=100.0,
        peak_gpu_memory_mib=None,
    )
    path = tmp_path / "finished.jsonl"
    begin_journal(path, [one])
    append(path, replace(one, sequence="b"))
    with path.open("a") as file:
        file.write('{"run": "masks", "sequence": "c", "data')
    assert read_journal(path) == [one, replace(one, sequence="b")]
    assert read_journal(tmp_path / "none") == []


def wait_until(true: Callable[[], bool], patience_s: float = 30) -> None:
    """Ask until it is true; fails after a while."""
    end = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
