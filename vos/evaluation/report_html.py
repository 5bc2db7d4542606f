"""report.html: one file that needs no other, with the plot and the worst frames in it."""

import base64
import io
from collections.abc import Sequence
from html import escape

import PIL.Image

from vos.evaluation.evaluation import Evaluation
from vos.evaluation.report_plot import sequences_plot
from vos.evaluation.report_tables import (
    Table,
    headline,
    notes,
    objects_table,
    own_table,
    percent,
    provenance_table,
    sequences_table,
    settings_table,
    speed_lines,
    subject,
    totals_table,
    words,
)
from vos.evaluation.worst_frames import WorstFrame
from vos.types import Image

_COMPARED = "first_mask_copied"
_QUALITY = 82
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 1180px; margin: 2em auto;
       padding: 0 1em; }
h1 { font-size: 1.6em; margin-bottom: 0.2em; }
h2 { font-size: 1.2em; margin-top: 2em; border-bottom: 1px solid #ddd; }
p.note { background: #fff3cd; border-left: 4px solid #e0a800; padding: 0.4em 0.8em; }
p.caption { color: #666; margin: 0.3em 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.15em 0.8em; text-align: right; white-space: nowrap; }
th { border-bottom: 1px solid #999; font-weight: 600; position: sticky; top: 0; background: #fff; }
th:first-child, td:first-child, table.text td, table.text th { text-align: left; padding-left: 0; }
table.text td { white-space: normal; overflow-wrap: anywhere; vertical-align: top; }
table.text td:first-child { white-space: nowrap; color: #666; }
tbody + tbody tr:first-child td { border-top: 1px solid #ccc; }
table.compared tr:first-child td { font-weight: 600; }
table.compared tr + tr td { color: #666; }
.scroll { max-height: 36em; overflow: auto; }
figure { margin: 1em 0 1.6em; }
figure div.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 6px; }
figure img { width: 100%; display: block; }
figcaption { margin-bottom: 0.3em; }
figure span { color: #666; font-size: 0.9em; }
"""


def html_report(evaluation: Evaluation, worst: Sequence[WorstFrame]) -> str:
    """Totals, plot, worst frames, sequences, objects, and where they come from."""
    settings, own = settings_table(evaluation), own_table(evaluation)
    body = [
        f"<h1>{escape(headline(evaluation))}</h1>",
        f"<p>{escape(subject(evaluation))}</p>",
        *(f'<p class="note">{escape(note)}</p>' for note in notes(evaluation)),
        *_section("Totals", totals_table(evaluation), kind="compared"),
        *([] if own is None else _section("The benchmark's own figures", own, kind="compared")),
        *(f"<p>{escape(line)}</p>" for line in speed_lines(evaluation)),
        *_plot(evaluation),
        *_worst(worst),
        *_section("Sequences", sequences_table(evaluation)),
        *_section("Objects, lowest first", objects_table(evaluation)),
        *_section("Provenance", provenance_table(evaluation)),
        *(_section("Settings", settings) if settings.groups[0] else []),
    ]
    head = f'<meta charset="utf-8"><title>{escape(headline(evaluation))}</title><style>{_STYLE}</style>'
    return "\n".join(["<!DOCTYPE html>", f'<html lang="en"><head>{head}</head><body>', *body, "</body></html>", ""])


def _section(title: str, table: Table, kind: str = "") -> list[str]:
    classes = "text" if table.text else kind
    return [
        f"<h2>{escape(title)}</h2>",
        f'<p class="caption">{escape(table.caption)}</p>',
        f'<div class="scroll"><table class="{classes}">',
        *([f"<thead>{_row('th', table.headings)}</thead>"] if any(table.headings) else []),
        *(f"<tbody>{''.join(_row('td', row) for row in group)}</tbody>" for group in table.groups),
        "</table></div>",
    ]


def _row(tag: str, row: Sequence[str]) -> str:
    cells = "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)
    return f"<tr>{cells}</tr>"


def _plot(evaluation: Evaluation) -> list[str]:
    found = evaluation.baselines.get(_COMPARED)
    baseline = {} if found is None else found.sequences
    line = f"; red line: {words(_COMPARED)}" if baseline else ""
    return [
        "<h2>J&amp;F of each sequence</h2>",
        f'<p class="caption">Percent, lowest first. Bar: J&amp;F; circle: J; diamond: F{line}.</p>',
        f'<div class="scroll">{sequences_plot(evaluation.scores.sequences, baseline, words(_COMPARED))}</div>',
    ]


def _worst(frames: Sequence[WorstFrame]) -> list[str]:
    if not frames:
        return []
    return [
        "<h2>Worst frames</h2>",
        '<p class="caption">The worst frame of each of the objects that fall lowest in one, nearer where they are '
        "small. All objects are painted; the box holds the one that is named, in truth and prediction together.</p>",
        *(_figure(frame) for frame in frames),
    ]


def _figure(frame: WorstFrame) -> str:
    score, worst = frame.score, frame.score.worst
    told = f"{score.sequence}, object {score.object}, frame {frame.stem}"
    values = f"J {percent(worst.j)}, F {percent(worst.f)}; over the whole clip J&F {percent(score.jf)}"
    pictures = [
        f'<div><span>{name}</span><img src="{_embedded(picture)}" alt="{escape(f"{name}: {told}")}"></div>'
        for name, picture in (("truth", frame.truth), ("prediction", frame.prediction))
    ]
    caption = f"<figcaption><b>{escape(told)}</b>: {escape(values)}</figcaption>"
    return f'<figure>{caption}<div class="pair">{"".join(pictures)}</div></figure>'


def _embedded(picture: Image) -> str:
    """The picture as a JPEG inside its own address."""
    content = io.BytesIO()
    PIL.Image.fromarray(picture).save(content, format="JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode('ascii')}"
