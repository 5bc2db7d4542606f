"""Confidence over a clip, as a plot in SVG."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from vos.io import DISPLAY_COLOURS

_WIDTH, _ROW, _LEFT, _RIGHT, _TOP, _BOTTOM = 1000, 70, 140, 16, 14, 26
"""Pixels: the plot; one object; names to the left; margins; frame numbers below."""
_HEIGHT = 52
"""Of a row, from confidence 0 to 1."""
_DECADES = 3
_TICKS = (0.0, 0.9, 0.99)
_MARKS = 10
_LONGEST_NAME = 18
_LIMIT = "#c0392b"
"""Colour of the threshold."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One object through a run; both lists grow frame by frame."""

    frames: list[int] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    """0 where the object is absent."""


def confidence_plot(objects: Mapping[str, tuple[int, Trace]], threshold: float) -> str:
    """A row an object, in the colour that overlays give it; a line at `threshold`, which it tells.

    Confidence is mostly near 1, so its distance from 1 is drawn to a logarithmic scale: 0, 0.9, 0.99 are equally apart.
    objects: name → id and trace. At least one trace has a frame.
    """
    frames = [index for _, trace in objects.values() for index in trace.frames]
    first, last = min(frames), max(frames)
    height = _TOP + _ROW * len(objects) + _BOTTOM
    rows = [
        _row(name, identity, trace, (first, last), threshold, _TOP + _ROW * number)
        for number, (name, (identity, trace)) in enumerate(objects.items())
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
            f'height="{height}" font-family="system-ui, sans-serif" font-size="12">',
            f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
            *rows,
            *_numbers(first, last, height),
            "</svg>",
            "",
        ]
    )


def _row(name: str, identity: int, trace: Trace, span: tuple[int, int], threshold: float, top: int) -> str:
    red, green, blue = DISPLAY_COLOURS[identity].tolist()
    base, right = top + _HEIGHT, _WIDTH - _RIGHT
    limit = base - _height(threshold)
    points = [
        f"{_at(index, span)},{base - _height(value):.1f}"
        for index, value in zip(trace.frames, trace.confidence, strict=True)
    ]
    marks = [
        f'<text x="{_LEFT - 32}" y="{top + _HEIGHT / 2 + 4}" text-anchor="end">{escape(_short(name))}</text>',
        f'<rect x="{_LEFT}" y="{top}" width="{right - _LEFT}" height="{_HEIGHT}" fill="#f6f6f6"/>',
        *(_tick(tick, base, "#888") for tick in _TICKS),
        _tick(threshold, base, _LIMIT),
        f'<line x1="{_LEFT}" y1="{limit:.1f}" x2="{right}" y2="{limit:.1f}" stroke="{_LIMIT}" stroke-dasharray="4 3"/>',
    ]
    if points:
        colour = f"rgb({red},{green},{blue})"
        marks.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
    return f"<g>{''.join(marks)}</g>"


def _tick(value: float, base: int, colour: str) -> str:
    """`value`, left of the row whose confidence 0 is at `base`, at its height."""
    y = base - _height(value) + 3
    return f'<text x="{_LEFT - 4}" y="{y:.1f}" text-anchor="end" font-size="8" fill="{colour}">{value:g}</text>'


def _height(confidence: float) -> float:
    return _HEIGHT * min(1.0, -math.log10(max(1 - confidence, 10**-_DECADES)) / _DECADES)


def _numbers(first: int, last: int, height: int) -> list[str]:
    step = max(1, (last - first) // _MARKS)
    return [
        f'<text x="{_at(index, (first, last))}" y="{height - 8}" text-anchor="middle" fill="#666">{index}</text>'
        for index in range(first, last + 1, step)
    ]


def _at(index: int, span: tuple[int, int]) -> float:
    first, last = span
    return round(_LEFT + (_WIDTH - _RIGHT - _LEFT) * (index - first) / max(last - first, 1), 1)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
