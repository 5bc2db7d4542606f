"""The README's example runs as it stands."""

import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vos.io import write_mask

ROOT = Path(__file__).parents[1]


def _write_clip(path: Path, frames: int, height: int, width: int) -> None:
    with av.open(str(path), "w") as movie:
        stream = movie.add_stream("libx264", rate=Fraction(24))
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for number in range(frames):
            image = np.full((height, width, 3), 60, np.uint8)
            image[20:60, 20 + 4 * number : 60 + 4 * number] = (220, 120, 30)
            movie.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        movie.mux(stream.encode())


def test_python_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ids = np.zeros((96, 160), np.uint8)
    ids[20:60, 20:60] = 7
    _write_clip(tmp_path / "clip.mp4", frames=3, height=96, width=160)
    write_mask(tmp_path / "mask.png", ids)
    monkeypatch.chdir(tmp_path)

    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in example.splitlines() if line]) == 5
    exec(compile(example, "README.md", "exec"), {})

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["0", "1", "2"]
    assert all("{7: " in line for line in lines)


def test_every_linked_file_is_there() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
        missing = [target for target in targets if not (page.parent / target).exists()]
        assert missing == [], page.name
