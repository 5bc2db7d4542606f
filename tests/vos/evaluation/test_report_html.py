import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import PIL.Image

from tests.vos.evaluation.made_evaluations import made_evaluation
from vos.evaluation.predictions import first_mask_copied
from vos.evaluation.report_html import html_report
from vos.evaluation.report_plot import sequences_plot
from vos.evaluation.scoring import Scores
from vos.evaluation.worst_frames import worst_frames

SVG = "{http://www.w3.org/2000/svg}"


class Page(HTMLParser):
    """Tags, what they point to, and the text."""

    VOID = ("meta", "img")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.sources += [str(value) for name, value in attrs if name in ("src", "href", "srcset", "data")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<line/>` opens nothing."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_and_needs_no_other_file(tmp_path: Path) -> None:
    evaluation = made_evaluation(tmp_path)
    text = html_report(evaluation, worst_frames(evaluation, first_mask_copied))
    page = Page(text)
    assert page.open == []
    assert len(page.sources) == 4  # truth and prediction of two objects; the third never fails
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.sources)
    addresses = re.findall(r"https?://[^\s\"'<>]+|url\(|@import", text)
    assert set(addresses) == {"http://www.w3.org/2000/svg"}  # a name, never fetched
    for told in ("J&F of each sequence", "Worst frames", "a, object 1, frame 00002", "3.00 frames/s", "512 MiB"):
        assert told in page.text


def test_names_are_no_markup(tmp_path: Path) -> None:
    evaluation = made_evaluation(tmp_path)
    odd = replace(evaluation, dataset=replace(evaluation.dataset, name="<b>&x</b>"))
    page = Page(html_report(odd, []))
    assert "<b>&x</b> val: J&F" in page.text


def test_pictures_show_the_truth_beside_the_prediction(tmp_path: Path) -> None:
    evaluation = made_evaluation(tmp_path, sequences=["a"])
    (worst,) = worst_frames(evaluation, first_mask_copied)
    assert (worst.score.sequence, worst.stem) == ("a", "00002")
    # The object's pixels lie in columns 4..13 (truth 8..13) and rows 8..13; columns 0..17 and rows 3..16 are shown.
    scale = 560 / 18
    only_truth = (slice(round(6 * scale), round(9 * scale)), slice(round(11 * scale), round(13 * scale)))
    assert _redness(worst.truth[only_truth]) > _redness(worst.prediction[only_truth]) + 20
    source = Page(html_report(evaluation, [worst])).sources[0]
    with PIL.Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as embedded:
        assert embedded.size == (560, 436)


def test_objects_without_fault_have_no_worst_frame(tmp_path: Path) -> None:
    evaluation = made_evaluation(tmp_path)
    score = evaluation.scores.objects[-1]
    perfect = replace(evaluation, scores=Scores(objects=(score,)))
    assert score.worst.jf == 1.0
    assert worst_frames(perfect, first_mask_copied) == []
    assert "Worst frames" not in html_report(perfect, [])


def test_the_plot_has_a_bar_for_every_sequence_lowest_first(tmp_path: Path) -> None:
    scores = made_evaluation(tmp_path).scores.sequences
    renamed = {"high & <wide>": scores["b"], "low": scores["a"]}
    plot = ElementTree.fromstring(sequences_plot(renamed, {"low": scores["b"]}, "first mask copied"))
    groups = plot.findall(f"{SVG}g")
    assert [str(group.findtext(f"{SVG}title")).partition(":")[0] for group in groups] == ["low", "high & <wide>"]
    widths = [float(group.find(f"{SVG}rect").get("width")) for group in groups]  # type: ignore[union-attr, arg-type]
    np.testing.assert_allclose(widths, [560 * scores[name].JF for name in ("a", "b")], atol=0.1)
    assert [len(group.findall(f"{SVG}line")) for group in groups] == [1, 0]


def _redness(pixels: np.ndarray) -> float:
    return float(pixels[..., 0].mean()) - float(pixels[..., 1:].mean())
