"""A run's log: one CSV line every few steps, and a picture of the loss."""

import csv
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from PIL import Image, ImageDraw

from seggpt_core.files import replacing

_SIZE = (900, 420)
_MARGIN = 50
_SMOOTH = 0.9


@dataclass(frozen=True)
class Entry:
    """Means over the steps since the last entry."""

    step: int
    loss: float
    learning_rate: float
    samples_per_second: float
    hours: float
    """Time spent in training, over all pieces of the run."""


def append(path: Path, entry: Entry) -> None:
    """Add a line, and the heading to a new file."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(field.name for field in fields(Entry))
        writer.writerow(f"{value:.6g}" if isinstance(value, float) else value for value in astuple(entry))


def read(path: Path, until_step: int | None = None) -> list[Entry]:
    """The entries of a log up to a step; none if there is no log yet."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        rows = [Entry(int(r["step"]), *(float(r[f.name]) for f in fields(Entry)[1:])) for r in csv.DictReader(file)]
    return [row for row in rows if until_step is None or row.step <= until_step]


def rewrite(path: Path, entries: list[Entry]) -> None:
    """Keep only these entries: what a resumed run had done at its state. A kill leaves the log as it was, or this."""
    if not entries:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as fresh:
        fresh.unlink(missing_ok=True)
        for entry in entries:
            append(fresh, entry)


def plot(entries: list[Entry], path: Path) -> None:
    """Loss over steps as a PNG: every entry in grey, a running mean in blue."""
    image = Image.new("RGB", _SIZE, "white")
    draw = ImageDraw.Draw(image)
    if len(entries) > 1:
        _draw_curves(draw, entries)
    image.save(path)


def _draw_curves(draw: ImageDraw.ImageDraw, entries: list[Entry]) -> None:
    width, height = _SIZE[0] - 2 * _MARGIN, _SIZE[1] - 2 * _MARGIN
    last, top = entries[-1].step, max(entry.loss for entry in entries)

    def place(step: float, loss: float) -> tuple[float, float]:
        return _MARGIN + width * step / last, _MARGIN + height * (1 - loss / top)

    smooth, means = entries[0].loss, []
    for entry in entries:
        smooth = _SMOOTH * smooth + (1 - _SMOOTH) * entry.loss
        means.append(place(entry.step, smooth))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = place(share * last, share * top)
        draw.line([(_MARGIN, y), (_MARGIN + width, y)], fill="#dddddd")
        draw.text((4, y - 6), f"{share * top:.3f}", fill="black")
        draw.text((x - 12, _SIZE[1] - _MARGIN + 8), f"{share * last:.0f}", fill="black")
    draw.line([place(entry.step, entry.loss) for entry in entries], fill="#bbbbbb")
    draw.line(means, fill="#1f5fbf", width=2)
    draw.text((_MARGIN, 12), f"training loss; step {last}, running mean {smooth:.4f}", fill="black")
