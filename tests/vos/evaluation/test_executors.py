import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.vos.evaluation.made_workers import make_and_die, make_nothing, make_squarer, make_squarer_or_wait
from vos.errors import InputError
from vos.evaluation.executors import open_executor
from vos.evaluation.processes import Processes
from vos.evaluation.tasks import Executor, Failure, InThisProcess, Outcome, Task


def tasks(*contents: Any) -> list[Task]:
    return [Task(name=str(one), size=one if isinstance(one, int) else 0, content=one) for one in contents]


def do(executor: Executor, make: Any, *contents: Any) -> tuple[dict[Any, Outcome], int]:
    """The outcome of each content, and the steps told of."""
    steps: list[int] = []
    with executor.open(make, tasks=len(contents)) as pool:
        outcomes = {outcome.task.content: outcome for outcome in pool.run(tasks(*contents), steps.append)}
    return outcomes, sum(steps)


def failure_of(outcome: Outcome) -> Failure:
    assert outcome.failure is not None
    return outcome.failure


@pytest.fixture(params=["here", "processes", "ray"])
def executor(request: pytest.FixtureRequest) -> Executor:
    if request.param == "ray":
        return request.getfixturevalue("ray_actors")
    return InThisProcess(threads=1) if request.param == "here" else Processes(workers=2, threads=1)


def test_every_task_has_its_outcome_and_failures_stop_no_other(executor: Executor, tmp_path: Path) -> None:
    outcomes, steps = do(executor, partial(make_squarer, tmp_path / "log"), 3, "input", 5, "work", "bug", 4)
    assert {content: outcomes[content].result for content in (3, 4, 5)} == {3: 9, 4: 16, 5: 25}
    failures = [failure_of(outcomes[content]) for content in ("input", "work", "bug")]
    assert [failure.message for failure in failures] == ["no such thing", "the disk is full", "KeyError: 'key'"]
    assert [failure.refused for failure in failures] == [True, False, False]
    assert "made_workers.py" in str(failures[2].traceback)
    assert steps == 3 + 5 + 4


def test_a_worker_that_cannot_be_made_is_every_tasks_failure(executor: Executor) -> None:
    outcomes, _ = do(executor, make_nothing, 1, 2, 3)
    failures = [failure_of(outcome) for outcome in outcomes.values()]
    assert [failure.message for failure in failures] == ["model 'none': there is no such model"] * 3
    assert all(failure.refused for failure in failures)


@pytest.mark.parametrize("name", ["processes", "ray"])
def test_a_killed_worker_is_its_tasks_failure_and_is_replaced(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    executor = request.getfixturevalue("ray_actors") if name == "ray" else Processes(workers=1, threads=1)
    log = tmp_path / "log"
    outcomes, _ = do(executor, partial(make_squarer, log), 2, "killed", 3)
    assert {content: outcomes[content].result for content in (2, 3)} == {2: 4, 3: 9}
    assert ("lost" if name == "ray" else "killed (SIGKILL") in failure_of(outcomes["killed"]).message


def test_workers_are_made_once_and_kept_between_calls(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Processes(workers=2, threads=1).open(partial(make_squarer, log), tasks=8) as pool:
        list(pool.run(tasks("pid"), lambda _: None))
        list(pool.run(tasks(1, 2, 3, 4, 5, 6), lambda _: None))
    assert len(log.read_text().splitlines()) == 2


def test_a_worker_that_is_ready_when_all_is_done_ends_in_silence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    with Processes(workers=2, threads=1).open(partial(make_squarer_or_wait, log), tasks=2) as pool:
        assert sorted(outcome.result for outcome in pool.run(tasks(1, 2), lambda _: None)) == [1, 4]
        threading.Timer(0.3, log.unlink).start()  # the pipe is closed by then
    assert capfd.readouterr().err == ""


def test_a_worker_that_dies_before_it_is_made_is_not_made_for_ever() -> None:
    outcomes, _ = do(Processes(workers=1, threads=1), make_and_die, 1, 2)
    assert ["killed (SIGKILL" in failure_of(outcomes[content]).message for content in (1, 2)] == [True, True]


def test_the_largest_tasks_are_begun_first() -> None:
    order = Processes(workers=1, threads=1)
    with order.open(partial(make_squarer, Path("/dev/null")), tasks=3) as pool:
        ended = [outcome.task.content for outcome in pool.run(tasks(1, 3, 2), lambda _: None)]
    assert ended == [3, 2, 1]


@pytest.mark.parametrize(
    ("name", "workers", "threads", "message"),
    [
        ("slurm", None, 1, "must be one of local, ray"),
        ("local", -1, 1, "--workers -1"),
        ("ray", 0, 1, "--workers 0"),
        ("local", None, 0, "--threads 0"),
    ],
)
def test_what_cannot_be_had_is_refused(name: str, workers: int | None, threads: int, message: str) -> None:
    with pytest.raises(InputError, match=message), open_executor(name, workers=workers, threads=threads):
        pass


def test_a_missing_ray_is_told_of_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"needs Ray: pip install"), open_executor("ray", workers=None, threads=1):
        pass


def test_more_ray_workers_than_the_cluster_has_room_for_are_refused(ray_actors: Executor) -> None:
    told = pytest.raises(InputError, match="make 2 workers of 1 threads; 3 are asked for")
    with open_executor("ray", workers=3, threads=1) as executor, told:
        do(executor, make_nothing, 1, 2, 3)
