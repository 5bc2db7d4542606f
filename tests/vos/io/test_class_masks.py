from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest

from vos.errors import InputError
from vos.io import DAVIS_PALETTE, hex_colour, read_class_masks, write_mask

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
BLACK = (0, 0, 0)
MAROON, OLIVE = (128, 0, 0), (128, 128, 0)
"""Ids 1 and 3 of DAVIS."""


def stripes(path: Path, *colours: tuple[int, int, int], mode: str = "RGB") -> Path:
    """A column of black and one of each colour, six pixels wide and high."""
    row = np.repeat(np.array([BLACK, *colours], np.uint8), 6, axis=0)
    PIL.Image.fromarray(np.repeat(row[None], 6, axis=0)).convert(mode).save(path)
    return path


def columns(ids: np.ndarray) -> list[int]:
    """The id of each stripe."""
    assert ids.dtype == np.uint8
    assert (ids == ids[0]).all()
    return ids[0, ::6].tolist()


class TestIds:
    def test_ids_are_kept(self, tmp_path: Path):
        write_mask(tmp_path / "a.png", np.array([[0, 7, 254]], np.uint8))
        write_mask(tmp_path / "b.png", np.array([[0, 2]], np.uint8))
        masks = read_class_masks([tmp_path / "a.png", tmp_path / "b.png"])
        assert [ids.tolist() for ids in masks.ids] == [[[0, 7, 254]], [[0, 2]]]
        assert masks.colours == {}

    @pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA"])
    def test_black_and_white_is_object_1(self, tmp_path: Path, mode: str):
        masks = read_class_masks([stripes(tmp_path / "a.png", WHITE, mode=mode)])
        assert columns(masks.ids[0]) == [0, 1]
        assert masks.colours == {}


class TestColours:
    def test_they_count_by_their_value(self, tmp_path: Path):
        masks = read_class_masks([stripes(tmp_path / "a.png", RED, WHITE, BLUE, GREEN)])
        assert columns(masks.ids[0]) == [0, 3, 4, 1, 2]
        assert masks.colours == {1: BLUE, 2: GREEN, 3: RED, 4: WHITE}

    def test_one_colour_is_one_class_in_all_masks_and_those_of_later_masks_come_later(self, tmp_path: Path):
        paths = [stripes(tmp_path / "a.png", RED), stripes(tmp_path / "b.png", GREEN, RED, BLUE)]
        masks = read_class_masks([*paths, paths[0]])
        assert [columns(ids) for ids in masks.ids] == [[0, 1], [0, 3, 1, 2], [0, 1]]
        assert masks.colours == {1: RED, 2: BLUE, 3: GREEN}

    def test_white_is_a_colour_beside_colours(self, tmp_path: Path):
        masks = read_class_masks([stripes(tmp_path / "a.png", WHITE), stripes(tmp_path / "b.png", RED)])
        assert [columns(ids) for ids in masks.ids] == [[0, 1], [0, 2]]

    def test_davis_colours_have_davis_ids(self, tmp_path: Path):
        masks = read_class_masks([stripes(tmp_path / "a.png", OLIVE), stripes(tmp_path / "b.png", MAROON)])
        assert [columns(ids) for ids in masks.ids] == [[0, 3], [0, 1]]
        assert masks.colours == {1: MAROON, 3: OLIVE}
        every = [tuple(colour) for colour in DAVIS_PALETTE[1:22].tolist()]
        assert columns(read_class_masks([stripes(tmp_path / "c.png", *every)]).ids[0]) == list(range(22))

    def test_one_other_colour_and_none_has_its_davis_id(self, tmp_path: Path):
        assert read_class_masks([stripes(tmp_path / "a.png", OLIVE, RED)]).colours == {1: OLIVE, 2: RED}

    def test_davis_colours_go_with_ids(self, tmp_path: Path):
        write_mask(tmp_path / "b.png", np.array([[0, 2]], np.uint8))
        masks = read_class_masks([stripes(tmp_path / "a.png", OLIVE), tmp_path / "b.png"])
        assert columns(masks.ids[0]) == [0, 3]
        assert masks.ids[1].tolist() == [[0, 2]]

    def test_254_colours_are_classes(self, tmp_path: Path):
        colours = [(r, g, b) for r in range(15, 256, 40) for g in range(10, 256, 40) for b in range(5, 256, 40)][:254]
        assert len(read_class_masks([stripes(tmp_path / "a.png", *colours)]).colours) == 254

    def test_thin_things_are_classes(self, tmp_path: Path):
        picture = PIL.Image.new("RGB", (40, 40))
        draw = PIL.ImageDraw.Draw(picture)
        draw.rectangle((5, 5, 30, 30), fill=RED, outline=(128, 0, 128))
        draw.line((0, 35, 39, 35), fill=(200, 200, 0))
        picture.save(tmp_path / "a.png")
        assert set(read_class_masks([tmp_path / "a.png"]).colours.values()) == {RED, (128, 0, 128), (200, 200, 0)}

    def test_colours_in_hexadecimal(self):
        assert hex_colour((255, 0, 16)) == "#ff0010"


def refused(*paths: Path) -> str:
    with pytest.raises(InputError) as error:
        read_class_masks(paths)
    return str(error.value)


class TestRefusals:
    def test_an_empty_mask(self, tmp_path: Path):
        path = stripes(tmp_path / "b.png")
        assert refused(stripes(tmp_path / "a.png", RED), path).startswith(f"{path}: the mask is empty (every pixel is ")

    def test_more_colours_than_ids(self, tmp_path: Path):
        rows = np.indices((20, 20)).transpose(1, 2, 0).astype(np.uint8) * 12
        PIL.Image.fromarray(np.dstack([rows, np.full((20, 20), 255, np.uint8)])).save(tmp_path / "a.png")
        assert refused(tmp_path / "a.png") == (
            f"{tmp_path / 'a.png'}: the mask holds 400 colours, but at most 254 classes; paint each class in one flat "
            "colour without soft edges (anti-aliasing), or save ids as an indexed PNG"
        )

    def test_more_colours_together_than_ids(self, tmp_path: Path):
        colours = [(r, g, b) for r in range(15, 256, 40) for g in range(10, 256, 40) for b in range(5, 256, 40)]
        first, second = stripes(tmp_path / "a.png", *colours[:200]), stripes(tmp_path / "b.png", *colours[200:])
        assert refused(first, second).startswith(
            f"{second}: with it the masks hold {len(colours)} colours, but at most"
        )

    def test_colours_too_close_in_one_mask(self, tmp_path: Path):
        path = stripes(tmp_path / "a.png", RED, (250, 0, 3), GREEN)
        assert f"{path}: its colour #ff0000 and #fa0003 differ by 5 levels, too little" in refused(path)

    def test_colours_too_close_in_two_masks(self, tmp_path: Path):
        first, second = stripes(tmp_path / "a.png", RED), stripes(tmp_path / "b.png", (255, 1, 0))
        assert f"{second}: its colour #ff0100 and #ff0000 of {first} differ by 1 levels" in refused(first, second)

    def test_ids_saved_as_colours(self, tmp_path: Path):
        path = stripes(tmp_path / "a.png", (1, 1, 1), (40, 40, 40))
        assert "its colour #010101 and #000000 differ by 1 levels" in refused(path)

    def test_soft_edges(self, tmp_path: Path):
        picture = PIL.Image.new("RGB", (200, 200))
        PIL.ImageDraw.Draw(picture).polygon([(20, 20), (180, 60), (60, 180)], fill=RED)
        picture.resize((50, 50), PIL.Image.Resampling.BOX).quantize(8).convert("RGB").save(tmp_path / "a.png")
        assert "colours, such as #" in (message := refused(tmp_path / "a.png"))
        assert "only line the edges between others" in message

    def test_jpeg(self, tmp_path: Path):
        assert "JPEG does not keep ids exactly" in refused(stripes(tmp_path / "a.jpg", RED))

    def test_transparency(self, tmp_path: Path):
        PIL.Image.new("RGBA", (4, 4), (255, 0, 0, 100)).save(tmp_path / "a.png")
        assert "the mask has transparent pixels" in refused(tmp_path / "a.png")

    def test_ids_beside_strange_colours(self, tmp_path: Path):
        write_mask(tmp_path / "a.png", np.array([[0, 2]], np.uint8))
        colours = stripes(tmp_path / "b.png", RED)
        assert refused(tmp_path / "a.png", colours).startswith(
            f"{tmp_path / 'a.png'} holds ids and {colours} colours that are not those of DAVIS masks"
        )
