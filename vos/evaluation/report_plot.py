"""J&F of every sequence, as a plot in SVG."""

from collections.abc import Mapping
from html import escape

from vos.evaluation.report_tables import percent
from vos.metrics import Totals

_ROW, _TOP, _BOTTOM, _SCALE, _VALUES = 22, 30, 6, 560, 56
"""Pixels: a row; above and below all rows; 0 to 100 percent; what is written behind a bar."""
_LETTER = 7.3
_LONGEST_NAME = 34
_GRID = range(0, 101, 20)


def sequences_plot(scores: Mapping[str, Totals], baseline: Mapping[str, Totals], baseline_name: str) -> str:
    """One row a sequence, lowest first: a bar for J&F, a circle for J, a diamond for F, a line for the baseline.

    scores, baseline: by sequence; `baseline` may be empty.
    """
    names = sorted(scores, key=lambda name: scores[name].JF)
    left = round(_LETTER * max(len(_short(name)) for name in names)) + 14
    width, height = left + _SCALE + _VALUES, _TOP + _ROW * len(names) + _BOTTOM
    rows = [_row(name, scores[name], baseline.get(name), left, _TOP + _ROW * i) for i, name in enumerate(names)]
    title = "J&F of each sequence in percent" + (f", beside {baseline_name}" if baseline else "")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            f' role="img" aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="12">',
            *_grid(left, height),
            *rows,
            "</svg>",
        ]
    )


def _grid(left: int, height: int) -> list[str]:
    lines = []
    for value in _GRID:
        x = _at(left, value / 100)
        lines.append(f'<line x1="{x}" y1="{_TOP - 4}" x2="{x}" y2="{height - _BOTTOM}" stroke="#ddd"/>')
        lines.append(f'<text x="{x}" y="{_TOP - 10}" text-anchor="middle" fill="#666">{value}</text>')
    return lines


def _row(name: str, totals: Totals, baseline: Totals | None, left: int, top: int) -> str:
    middle, bar = top + _ROW / 2, _at(left, totals.JF) - left
    j, f = _at(left, totals.J_mean), _at(left, totals.F_mean)
    told = f"{name}: J&F {percent(totals.JF)}, J {percent(totals.J_mean)}, F {percent(totals.F_mean)}"
    marks = [
        f"<title>{escape(told)}</title>",
        f'<text x="{left - 8}" y="{middle + 4}" text-anchor="end" fill="#222">{escape(_short(name))}</text>',
        f'<rect x="{left}" y="{top + 4}" width="{bar:.1f}" height="{_ROW - 8}" fill="#8fb8de"/>',
        f'<circle cx="{j}" cy="{middle}" r="3.2" fill="#fff" stroke="#1b4f8a" stroke-width="1.5"/>',
        f'<path d="M{f} {middle - 4.5} l4.5 4.5 l-4.5 4.5 l-4.5 -4.5 z" fill="#1b4f8a"/>',
        f'<text x="{left + _SCALE + 12}" y="{middle + 4}" fill="#222">{percent(totals.JF)}</text>',
    ]
    if baseline is not None:
        x = _at(left, baseline.JF)
        marks.append(
            f'<line x1="{x}" y1="{top + 1}" x2="{x}" y2="{top + _ROW - 1}" stroke="#c0392b" stroke-width="2"/>'
        )
    return f"<g>{''.join(marks)}</g>"


def _at(left: int, fraction: float) -> float:
    return round(left + _SCALE * fraction, 1)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
