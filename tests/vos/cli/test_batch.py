"""`vos propagate --batch`: many clips from a table."""

import json
from pathlib import Path

import pytest

from tests.vos.cli.flat_film import COUNT, call, images_and_mask
from vos.cli.batch import run_batch

SIZE = ("--size", "64x96")


pytestmark = pytest.mark.usefixtures("model")


def table(folder: Path, *lines: str) -> Path:
    (folder / "jobs.csv").write_text("\n".join(lines) + "\n")
    return folder / "jobs.csv"


def record(out: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((out / "run.json").read_text())
    return found


def test_every_line_is_a_run_with_its_own_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images_and_mask(tmp_path)
    jobs = table(
        tmp_path,
        "clip,mask,out,frames,memory,per-object,export,names",
        'clip,mask.png,one,0:4,2,yes,soft8,"3=dog,5=cat"',
        "clip,mask.png; 6=mask.png,two,,,,,",
    )
    assert call("propagate", "--batch", jobs, "--memory", 1, *SIZE) == 0
    one, two = record(tmp_path / "one"), record(tmp_path / "two")
    assert (one["frames"], two["frames"]) == ([0, 4], [0, COUNT])
    assert [run["settings"]["memory"] for run in (one, two)] == [2, 1]  # type: ignore[index]
    assert sorted(path.name for path in (tmp_path / "one/soft8").iterdir()) == ["cat", "dog"]
    assert [mask["frame"] for mask in two["masks"]] == [0, 6]  # type: ignore[attr-defined]
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("[")] == ["[1/2] clip", "[2/2] clip"]
    assert lines[-1] == "2 of 2 clips are done"


def test_a_bad_clip_stops_no_other_and_the_status_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images_and_mask(tmp_path)
    jobs = table(tmp_path, "clip,mask,out", "nowhere.mp4,mask.png,one", "clip,mask.png,two")
    assert call("propagate", "--batch", jobs, "--quiet", *SIZE) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "nowhere.mp4: no such file" in captured.err
    assert captured.err.splitlines()[-1] == (
        f"1 of 2 clips are done: failed line 2 (nowhere.mp4, out {tmp_path / 'one'})"
    )
    assert record(tmp_path / "two")["status"] == "done"


def test_programs_are_told_which_lines_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One clip in two lines: its name alone would not do."""
    images_and_mask(tmp_path)
    jobs = table(
        tmp_path, "clip,mask,out", "clip,nowhere.png,one", "", "clip,mask.png,two", "clip,mask.png; 99=mask.png,x"
    )
    assert call("propagate", "--batch", jobs, "--json", *SIZE) == 1
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    failed = [{"line": line, "clip": "clip", "out": str(tmp_path / out)} for line, out in ((2, "one"), (5, "x"))]
    assert last == {"event": "batch_done", "clips": 3, "failed": failed}


@pytest.mark.parametrize("status", [130, 143])
def test_ctrl_c_and_sigterm_end_all(status: int) -> None:
    began: list[str] = []

    def run(arguments: object) -> int:
        began.append(str(arguments))
        return status

    from vos.cli.batch import BatchJob

    jobs = [BatchJob(line=2, clip=name, out=Path(name), arguments=(name,)) for name in ("a", "b")]
    assert run_batch(jobs, run, quiet=True) == status
    assert len(began) == 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["clip,mask"], "has no line below its heading"),
        (["clip,mask", "a,b"], "no column out; columns are clip, mask, out, frames"),
        (["clip,mask,out,colour", "a,b,c,d"], "no option is called colour"),
        (["clip,mask,out", "a,,c"], "line 2: no mask"),
        (["clip,mask,out", "a,b"], "line 2: has another number of cells"),
        (["clip,mask,out,overlay", "a,b,c,maybe"], "line 2: overlay is 'maybe'; it must be yes or no"),
        (["clip,mask,out", "a,b,c", "d,e,c"], "is the out of several lines"),
        (["clip,mask,out,memory", "a,b,c,1", "a,b,d,two"], "line 3: memory is 'two': "),
        (
            ["clip,mask,out,grow", "a,b,c,", "a,b,d,-1"],
            "line 3: grow is '-1': ",
        ),
        (["clip,mask,out,feather", "a,b,c,soft"], "line 2: feather is 'soft': "),
        (["clip,mask,out,frames", "a,b,c,0:4", "a,b,d,4:0"], "line 3: --frames 4:0: give A:B with 0 <= A < B"),
        (["clip,mask,out,policy", "a,b,c,oldest"], "policy is 'oldest': input should be 'recent'"),
        (["clip,mask,out,direction", "a,b,c,up"], "line 2: --direction up"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: list[str], message: str
) -> None:
    assert call("propagate", "--batch", table(tmp_path, *lines)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"vos: {tmp_path / 'jobs.csv'}")
    assert message in line
    assert [path.name for path in tmp_path.iterdir()] == ["jobs.csv"]


def test_a_clip_beside_a_table_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jobs = table(tmp_path, "clip,mask,out", "a,b,c")
    assert call("propagate", "clip.mp4", "--batch", jobs) == 2
    assert "CLIP must stand in the table" in capsys.readouterr().err


def test_without_a_table_the_clip_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("propagate", "--mask", "a.png") == 2
    assert "CLIP, --out missing" in capsys.readouterr().err
