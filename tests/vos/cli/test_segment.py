import hashlib
import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.vos.cli.flat_film import call, said
from tests.vos.fake_model import ShadeModel
from tests.vos.flat_clips import picture
from tests.vos.made_files import numbered, write_images
from vos.cli.segment import split_pairs
from vos.errors import InputError
from vos.io import paint_overlay, read_mask, write_mask

SIZE = ("--size", "64x96")
RED, GREEN = (255, 0, 0), (0, 255, 0)
TRUTH = {
    "q2": {1: (32, 64), 2: (0, 16)},
    "q10": {1: (0, 0)},
    "odd": {2: (48, 48)},
}
"""Stem of each query → where its classes are."""


pytestmark = pytest.mark.usefixtures("model")


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    """A folder of images."""
    names = [f"{stem}.png" for stem in TRUTH]
    return write_images(tmp_path / "queries", names, [picture(boxes)[0].image for boxes in TRUTH.values()])


def prompt(folder: Path, name: str, boxes: dict[int, tuple[int, int]]) -> list[Path]:
    """`IMAGE MASK`, the mask with ids."""
    frame, labels = picture(boxes)
    write_images(folder / "prompts", [f"{name}.png"], [frame.image])
    write_mask(folder / "masks" / f"{name}.png", labels)
    return [folder / "prompts" / f"{name}.png", folder / "masks" / f"{name}.png"]


def both(folder: Path) -> list[Path]:
    """A prompt that shows both classes."""
    return prompt(folder, "both", {1: (0, 0), 2: (32, 32)})


def found_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class TestResults:
    def test_a_mask_for_every_image_of_a_folder(self, tmp_path: Path, queries: Path):
        out = tmp_path / "run"
        assert call("segment", queries, "--prompt", *both(tmp_path), "--out", out, *SIZE) == 0
        assert found_files(out) == ["masks/odd.png", "masks/q10.png", "masks/q2.png", "run.json"]
        for stem, boxes in TRUTH.items():
            np.testing.assert_array_equal(read_mask(out / f"masks/{stem}.png"), picture(boxes)[1])

    def test_several_prompts_and_images_in_any_order(self, tmp_path: Path, queries: Path, model: ShadeModel):
        out = tmp_path / "run"
        one, two = prompt(tmp_path, "one", {1: (0, 0)}), prompt(tmp_path, "two", {2: (16, 32)})
        images = [queries / "q2.png", queries / "q10.png"]
        arguments = ["--prompt", *one, images[0], "--out", out, "--prompt", *two, images[1], *SIZE]
        assert call("segment", *arguments) == 0
        for stem in ("q2", "q10"):
            np.testing.assert_array_equal(read_mask(out / f"masks/{stem}.png"), picture(TRUTH[stem])[1])
        assert model.calls == {"encode_frame": 4, "encode_prompts": 2, "prepare": 1, "segment": 2}

    def test_images_keep_their_own_sizes(self, tmp_path: Path):
        large = np.kron(picture(TRUTH["q2"])[0].image, np.ones((2, 2, 1), np.uint8))
        write_images(tmp_path / "q", ["a.png", "b.png"], [large, numbered(1, 33, 31)[0]])
        assert call("segment", tmp_path / "q", "--prompt", *both(tmp_path), "--out", tmp_path / "run", *SIZE) == 0
        assert read_mask(tmp_path / "run/masks/a.png").shape == (128, 192)
        assert read_mask(tmp_path / "run/masks/b.png", empty_ok=True).shape == (31, 33)

    def test_soft_masks_and_overlays(self, tmp_path: Path, queries: Path):
        out, query = tmp_path / "run", queries / "q2.png"
        assert call("segment", query, "--prompt", *both(tmp_path), "--out", out, "--soft", "--overlay", *SIZE) == 0
        files = ["masks/q2.png", "overlay/q2.png", "run.json", "soft/1/q2.png", "soft/2/q2.png"]
        assert found_files(out) == files
        frame, truth = picture(TRUTH["q2"])
        with PIL.Image.open(out / "overlay/q2.png") as overlay:
            np.testing.assert_array_equal(np.asarray(overlay), paint_overlay(frame.image, truth))
        for identity in (1, 2):
            with PIL.Image.open(out / f"soft/{identity}/q2.png") as soft:
                assert soft.mode == "L"
                assert ((np.asarray(soft) > 127) == (truth == identity)).all()

    def test_classes_by_colour(self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]):
        image, mask = both(tmp_path)
        ids, out = read_mask(mask), tmp_path / "run"
        PIL.Image.fromarray(np.array([(0, 0, 0), RED, GREEN], np.uint8)[ids]).save(mask)
        assert call("segment", queries / "q2.png", "--prompt", image, mask, "--out", out, "--overlay", *SIZE) == 0
        frame, truth = picture(TRUTH["q2"])
        renamed = np.array([0, 2, 1], np.uint8)[truth]  # colours count by their value: green, then red
        np.testing.assert_array_equal(read_mask(out / "masks/q2.png"), renamed)
        with PIL.Image.open(out / "masks/q2.png") as written:
            expected = np.array([(0, 0, 0), RED, GREEN], np.uint8)[truth]
            np.testing.assert_array_equal(np.asarray(written.convert("RGB")), expected, "the colours come back")
        with PIL.Image.open(out / "overlay/q2.png") as overlay:
            tints = np.array([(0, 0, 0), GREEN, RED], np.uint8).repeat([1, 1, 254], axis=0)
            np.testing.assert_array_equal(np.asarray(overlay), paint_overlay(frame.image, renamed, tints))
        assert json.loads((out / "run.json").read_text())["colours"] == {"#00ff00": 1, "#ff0000": 2}
        assert capsys.readouterr().out.splitlines()[1] == "classes: 1 #00ff00, 2 #ff0000"

    def test_the_record_says_what_the_run_was_made_of(self, tmp_path: Path, queries: Path, model: ShadeModel):
        image, mask = both(tmp_path)
        out = tmp_path / "run"
        arguments = ["--prompt", image, mask, "--device", "cpu", "--out", out, "--overlay", *SIZE]
        assert call("segment", queries / "q2.png", *arguments) == 0
        record = json.loads((out / "run.json").read_text())
        assert record["status"] == "done"
        assert record["settings"] == {
            "model": "compact",
            "weights": None,
            "kind": None,
            "precision": "fp32",
            "compile": False,
            "cuda_graphs": False,
            "ensemble": None,
            "pixels": 184320,
            "size": [64, 96],
            "device": "cpu",
        }
        assert record["model"] == {"name": "shade", "weights_sha256": model.weights_hash, "device": "cpu"}
        assert record["queries"] == [str(queries / "q2.png")]
        hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (image, mask)]
        assert record["prompts"] == [
            {"image": str(image), "image_sha256": hashes[0], "mask": str(mask), "mask_sha256": hashes[1]}
        ]
        assert (record["classes"], record["colours"]) == ([1, 2], {})
        assert record["timing"]["images"] == 1
        assert record["outputs"] == ["run.json", "masks/q2.png", "overlay/q2.png"]

    def test_one_line_sums_it_up_and_quiet_is_silent(
        self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]
    ):
        out, example = tmp_path / "run", both(tmp_path)
        assert call("segment", queries, "--prompt", *example, "--out", out, *SIZE) == 0
        captured = capsys.readouterr()
        (line,) = captured.out.splitlines()
        assert line.startswith("3 images at ")
        assert line.endswith(f" images/s: {out / 'masks'}, {out / 'run.json'}")
        assert captured.err == ""
        assert call("segment", queries, "--prompt", *example, "--out", tmp_path / "two", "--quiet", *SIZE) == 0
        assert capsys.readouterr() == ("", "")


class TestOverwrite:
    def test_another_run_is_refused_unless_it_is_to_be_replaced(
        self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]
    ):
        out, example = tmp_path / "run", both(tmp_path)
        first = ["segment", queries, "--prompt", *example, "--out", out, "--quiet", *SIZE]
        assert call(*first, "--soft") == 0
        (out / "masks/mine.txt").write_text("kept")
        assert call(*first) == 2
        assert said(capsys).startswith(f"vos: {out}: holds another run; give another --out, or --overwrite")
        again = ["segment", queries / "q2.png", *first[2:]]
        assert call(*again, "--overwrite") == 0
        assert found_files(out) == ["masks/mine.txt", "masks/q2.png", "run.json"]

    def test_prompts_in_the_old_run_are_not_deleted(
        self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]
    ):
        out = tmp_path / "run"
        assert call("segment", queries, "--prompt", *both(tmp_path), "--out", out, "--quiet", *SIZE) == 0
        arguments = ["--prompt", queries / "q2.png", out / "masks/q2.png", "--out", out, "--overwrite", *SIZE]
        assert call("segment", queries, *arguments) == 2
        assert "is part of the run in" in said(capsys)
        assert (out / "masks/q2.png").exists()


class TestRefusals:
    """Status 2, one line, and nothing written."""

    @pytest.fixture(autouse=True)
    def nothing_is_written(self, tmp_path: Path):
        yield
        assert not (tmp_path / "run").exists()

    def refused(self, capsys: pytest.CaptureFixture[str], tmp_path: Path, *arguments: object) -> str:
        assert call("segment", *arguments, "--out", tmp_path / "run", *SIZE) == 2
        return said(capsys).removeprefix("vos: ")

    def test_a_mask_of_another_size(self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]):
        image, mask = both(tmp_path)
        write_mask(mask, np.ones((64, 90), np.uint8))
        message = self.refused(capsys, tmp_path, queries, "--prompt", image, mask)
        assert message == f"{mask}: the mask is 90x64 pixels, but {image} is 96x64 (width x height); they must be equal"

    def test_an_empty_mask(self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]):
        image, mask = both(tmp_path)
        write_mask(mask, np.zeros((64, 96), np.uint8))
        assert self.refused(capsys, tmp_path, queries, "--prompt", image, mask).startswith(f"{mask}: the mask is empty")

    @pytest.mark.parametrize("damage", ["text", "cut"])
    @pytest.mark.parametrize("role", ["prompt", "query"])
    def test_an_unreadable_image(
        self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str], role: str, damage: str
    ):
        image, mask = both(tmp_path)
        victim = image if role == "prompt" else queries / "q10.png"
        noise = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
        PIL.Image.fromarray(noise).save(victim)
        victim.write_bytes(b"no image" if damage == "text" else victim.read_bytes()[:4000])
        message = self.refused(capsys, tmp_path, queries, "--prompt", image, mask)
        assert message.startswith(f"{victim}: cannot be {'read as an image' if damage == 'text' else 'decoded'}")

    def test_no_such_query(self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]):
        message = self.refused(capsys, tmp_path, queries, tmp_path / "no.png", "--prompt", *both(tmp_path))
        assert message == f"{tmp_path / 'no.png'}: no such file or folder"

    def test_a_folder_without_images(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        (tmp_path / "empty").mkdir()
        message = self.refused(capsys, tmp_path, tmp_path / "empty", "--prompt", *both(tmp_path))
        assert message.startswith(f"{tmp_path / 'empty'}: the folder holds no images (.jpg, ")

    def test_two_queries_of_one_stem(self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]):
        write_images(tmp_path / "more", ["q2.jpg"], numbered(1))
        message = self.refused(capsys, tmp_path, queries, tmp_path / "more", "--prompt", *both(tmp_path))
        expected = f"{queries / 'q2.png'} and {tmp_path / 'more/q2.jpg'} would share the mask q2.png; rename one"
        assert message == expected

    def test_a_query_given_twice(self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]):
        message = self.refused(capsys, tmp_path, queries, queries / "q2.png", "--prompt", *both(tmp_path))
        assert message == f"{queries / 'q2.png'}: is given twice; leave one out"

    def test_a_prompt_without_its_mask(self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]):
        image, _ = both(tmp_path)
        message = self.refused(capsys, tmp_path, queries, "--prompt", image)
        assert message == f"--prompt {image} --out: give an image and its mask, such as --prompt cat.jpg cat_mask.png"

    def test_a_size_that_does_not_suit_the_model(
        self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]
    ):
        arguments = ["--prompt", *both(tmp_path), "--out", tmp_path / "run", "--size", "60x96"]
        assert call("segment", queries, *arguments) == 2
        assert said(capsys) == "vos: size 60x96: both sides must be multiples of 16 pixels"

    def test_a_model_setting(self, tmp_path: Path, queries: Path, capsys: pytest.CaptureFixture[str]):
        message = self.refused(capsys, tmp_path, queries, "--prompt", *both(tmp_path), "--device", "tpu")
        assert message.startswith("option: device is 'tpu': input should be 'auto', 'cpu' or 'cuda'")


def test_a_failure_later_has_status_1_and_keeps_finished_files(
    tmp_path: Path,
    queries: Path,
    model: ShadeModel,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    example, out, segment = both(tmp_path), tmp_path / "run", model.segment

    def and_lose_the_next(*features: object) -> object:
        (queries / "q2.png").unlink(missing_ok=True)
        return segment(*features)  # type: ignore[arg-type]

    monkeypatch.setattr(model, "segment", and_lose_the_next)
    assert call("segment", queries / "odd.png", queries / "q2.png", "--prompt", *example, "--out", out, *SIZE) == 1
    assert "q2.png: cannot be decoded" in said(capsys)
    assert found_files(out) == ["masks/odd.png", "run.json"]
    record = json.loads((out / "run.json").read_text())
    assert (record["status"], record["outputs"]) == ("failed", ["run.json", "masks/odd.png"])


class TestPairs:
    def test_two_values_become_two_options(self):
        arguments = ["q", "--prompt", "a", "b", "--out", "o", "--prompt", "c", "d", "r"]
        split = ["q", "--prompt", "a", "--prompt", "b", "--out", "o", "--prompt", "c", "--prompt", "d", "r"]
        assert split_pairs(arguments) == split

    def test_nothing_changes_behind_two_dashes(self):
        assert split_pairs(["--", "--prompt", "a"]) == ["--", "--prompt", "a"]

    @pytest.mark.parametrize(
        "arguments", [["--prompt"], ["--prompt", "a"], ["--prompt", "a", "--soft"], ["--prompt=a", "b"]]
    )
    def test_other_numbers_are_refused(self, arguments: list[str]):
        with pytest.raises(InputError, match="give an image and its mask, such as --prompt"):
            split_pairs(arguments)
