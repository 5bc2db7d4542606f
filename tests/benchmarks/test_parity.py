"""Parity with the official figures is judged by what they say, to the last run and stage."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks import parity
from seggpt_core.errors import InputError
from tests.conftest import Require

CONTRADICTED = "one_prompt_instance"
"""Rows 0-63 of this run's recorded output differ by 3e-4 from canvas 0 of `two_prompts_batch_no_ensemble`, whose
every recorded block is bitwise the same, though the decoder reads nothing else."""


@pytest.fixture
def official(require: Require, tmp_path: Path) -> Path:
    return Path(shutil.copy(require("golden") / "seggpt_official_small.npz", tmp_path / "figures.npz"))


def changed(path: Path, name: str, rows: slice, value: np.ndarray) -> Path:
    with np.load(path) as figures:
        content = dict(figures)
    content[name][..., rows, :] = value
    np.savez(path, **content)
    return path


def judged(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, float], list[str]]:
    """Exit status, the last line, and the lines above the bound."""
    with pytest.raises(SystemExit) as ended:
        parity.main([str(path)])
    lines = capsys.readouterr().out.splitlines()
    return int(ended.value.code or 0), json.loads(lines[-1]), [line for line in lines if "ABOVE" in line]


def test_only_the_rows_that_contradict_another_run_differ(official: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, result, above = judged(official, capsys)
    assert status == 1
    (line,) = above
    assert line.split()[:4] == [CONTRADICTED, "reference", "output,", "prompt"]
    assert result["runs"] == 5


def test_figures_that_agree_with_one_another_are_met(official: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with np.load(official) as figures:
        rows = figures["two_prompts_batch_no_ensemble/output"][:1, :, :64]
    status, result, above = judged(changed(official, f"{CONTRADICTED}/output", slice(0, 64), rows), capsys)
    assert (status, above) == (0, [])
    assert result["max_abs"] <= parity.MOST
    # Per run: the reference's seven blocks, two halves of the output and the loss; the fast path's two halves of
    # seven blocks and the output, for each query.
    assert result["stages"] == 5 * (7 + 2 + 1) + 6 * (2 * 7 + 1)


@pytest.mark.parametrize("stage", ["output", "block17"])
def test_a_figure_that_is_off_is_found_on_both_paths(
    stage: str, official: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"five_prompts_ensemble_semantic/{stage}"
    with np.load(official) as figures:
        last = figures[name][..., -1:, :] + 2 * parity.MOST
    status, _, above = judged(changed(official, name, slice(-1, None), last), capsys)
    assert status == 1
    assert {line.split()[1] for line in above if line.startswith("five")} == {"reference", "fast"}


def test_what_is_no_number_is_no_match(official: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with np.load(official) as figures:
        row = figures["five_prompts_ensemble_semantic/block17"][..., -1:, :]
    name = "five_prompts_ensemble_semantic/block17"
    status, result, _ = judged(changed(official, name, slice(-1, None), np.full_like(row, np.nan)), capsys)
    assert status == 1
    assert result["max_abs"] is None


@pytest.mark.parametrize("content", [None, b"", b"not an archive"])
def test_a_file_that_holds_no_figures_is_refused(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "figures.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        parity.main([str(path)])
    assert ended.value.code == 2
    assert f"{path}: not a readable .npz file of arrays" in capsys.readouterr().err


def test_a_block_that_is_missing_is_named(official: Path) -> None:
    with np.load(official) as figures:
        left = {name: figures[name] for name in figures.files if not name.startswith("weights/blocks.20.")}
    np.savez(official, **left)
    with pytest.raises(InputError, match=r"tensor 'blocks\.20\.\S+' is missing: 24 blocks are needed"):
        parity.main([str(official)])
