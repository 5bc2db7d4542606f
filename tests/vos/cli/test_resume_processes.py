"""A process that is killed or told to end can be gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.vos.cli.broken_off import SIZE, files
from tests.vos.cli.flat_film import COUNT, call, video_and_mask

ROOT = Path(__file__).parents[3]


def begin(slow: str, masks: int, *given: str, out: Path) -> subprocess.Popen[str]:
    """A process with the embedded model, whose tracker or writer is slow, once that many masks are there."""
    command = [sys.executable, "-m", "tests.vos.cli.slow_propagate", slow, *given, "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    while len(list(out.glob("masks/[0-9]*.png"))) < masks:
        assert process.poll() is None, "it must still run when it is ended"
        time.sleep(0.01)
    return process


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is a signal of POSIX systems")
@pytest.mark.parametrize("masks", [1, 6])
def test_a_killed_process_is_gone_on_with(tmp_path: Path, masks: int) -> None:
    """Without warning, once that many masks are there."""
    clip, mask = video_and_mask(tmp_path, ending="mp4")
    given = [str(clip), "--mask", str(mask), "--overlay", "--quiet", *SIZE]
    out = tmp_path / "run"
    assert call("propagate", *given, "--out", tmp_path / "straight") == 0
    process = begin("tracker", masks, *given, out=out)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert json.loads((out / "run.json").read_text())["status"] == "running"
    assert call("propagate", *given, "--out", out, "--resume") == 0
    assert files(out) == files(tmp_path / "straight")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX systems")
@pytest.mark.parametrize(
    ("signals", "status", "least"),
    [(["SIGINT"], 130, COUNT), (["SIGINT", "SIGINT"], 130, COUNT - 4), (["SIGTERM"], 143, COUNT)],
)
def test_a_process_told_to_end_while_it_writes_ends_cleanly(
    tmp_path: Path, signals: list[str], status: int, least: int
) -> None:
    """All frames are segmented by then; the writer has a few before it, and encodes a movie."""
    clip, mask = video_and_mask(tmp_path, ending="mp4")
    given = [str(clip), "--mask", str(mask), "--overlay", "--quiet", *SIZE]
    out = tmp_path / "run"
    process = begin("writer", COUNT - 4, *given, out=out)
    for name in signals:
        time.sleep(0.1)
        process.send_signal(getattr(signal, name))
    told = process.communicate(timeout=60)[1]
    assert (process.returncode, told) == (
        status,
        f"vos: {clip}: {'terminated' if status == 143 else 'interrupted'}; the same command with --resume goes on\n",
    )
    assert json.loads((out / "run.json").read_text())["status"] == "interrupted"
    assert least <= len(list(out.glob("masks/*.png"))) <= COUNT
    assert not list(out.glob("*.mp4"))
    assert call("propagate", *given, "--out", out, "--resume") == 0
    assert json.loads((out / "run.json").read_text())["resumed_at"][0] >= least
