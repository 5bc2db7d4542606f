from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vos.errors import InputError, WorkError
from vos.io import DAVIS_PALETTE, MaskWriter, object_ids, read_mask, require_size, write_mask
from vos.types import Frame, Segmentation

SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, max_side=12)
ONE_FOLDER = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def save(path: Path, values: np.ndarray, mode: str | None = None, palette: bytes | None = None) -> Path:
    picture = PIL.Image.fromarray(values)
    if palette is not None:
        picture.putpalette(palette)
    if mode is not None:
        picture = picture.convert(mode)
    picture.save(path)
    return path


def ids_of(*values: int) -> np.ndarray:
    return np.array([[0, *values], [0, *values]], np.uint8)


@ONE_FOLDER
@given(ids=arrays.arrays(np.uint8, SHAPES, elements=st.integers(0, 254)))
def test_what_is_written_is_read(tmp_path: Path, ids: np.ndarray):
    write_mask(tmp_path / "mask.png", ids)
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png", empty_ok=True), ids)


@ONE_FOLDER
@given(values=arrays.arrays(np.uint8, SHAPES))
def test_indexed_masks_are_kept_as_they_are(tmp_path: Path, values: np.ndarray):
    path = save(tmp_path / "mask.png", values, palette=DAVIS_PALETTE.tobytes())
    expected = values // 255 if set(np.unique(values)) <= {0, 255} else values
    np.testing.assert_array_equal(read_mask(path, empty_ok=True), expected)


class TestOneObject:
    def test_black_and_white(self, tmp_path: Path):
        np.testing.assert_array_equal(read_mask(save(tmp_path / "m.png", ids_of(255, 0))), ids_of(1, 0))

    def test_one_bit(self, tmp_path: Path):
        np.testing.assert_array_equal(read_mask(save(tmp_path / "m.png", ids_of(255, 0), "1")), ids_of(1, 0))

    @pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
    def test_black_and_white_in_colour(self, tmp_path: Path, mode: str):
        np.testing.assert_array_equal(read_mask(save(tmp_path / "m.png", ids_of(255, 0), mode)), ids_of(1, 0))

    def test_255_beside_other_ids_is_void(self, tmp_path: Path):
        mask = read_mask(save(tmp_path / "m.png", ids_of(7, 255)))
        np.testing.assert_array_equal(mask, ids_of(7, 255))
        assert object_ids(mask) == [7]

    def test_sixteen_bits_with_small_ids(self, tmp_path: Path):
        np.testing.assert_array_equal(
            read_mask(save(tmp_path / "m.png", ids_of(3, 254).astype(np.uint16))), ids_of(3, 254)
        )


class TestRefused:
    @pytest.mark.parametrize("highest", [255, 300, 65535])
    def test_sixteen_bits_above_254(self, tmp_path: Path, highest: int):
        path = save(tmp_path / "m.png", np.array([[0, 1, highest]], np.uint16))
        with pytest.raises(InputError, match=rf"m\.png: the 16-bit mask holds id {highest}; ids go from 1 to 254"):
            read_mask(path)

    def test_empty(self, tmp_path: Path):
        path = save(tmp_path / "m.png", ids_of(0))
        with pytest.raises(InputError, match=r"m\.png: the mask is empty"):
            read_mask(path)
        assert not read_mask(path, empty_ok=True).any()

    def test_colours(self, tmp_path: Path):
        path = save(tmp_path / "m.png", np.full((2, 3, 3), (128, 0, 0), np.uint8))
        with pytest.raises(InputError, match=r"m\.png: the mask holds colours .* save it as an indexed PNG"):
            read_mask(path)

    def test_transparency(self, tmp_path: Path):
        path = save(tmp_path / "m.png", np.full((2, 3, 4), (255, 255, 255, 0), np.uint8))
        with pytest.raises(InputError, match="transparent pixels"):
            read_mask(path)

    @pytest.mark.parametrize(
        ("dtype", "mode"), [(np.uint8, None), (np.uint8, "RGB"), (np.uint8, "LA"), (np.uint16, None)]
    )
    def test_soft_masks(self, tmp_path: Path, dtype: type[np.unsignedinteger], mode: str | None):
        soft = np.minimum(np.arange(40)[:, None] * np.ones(40, int) * 20, 255)
        path = save(tmp_path / "m.png", (soft * (np.iinfo(dtype).max // 255)).astype(dtype), mode)
        with pytest.raises(InputError, match=r"m\.png: a soft mask \(12 greys between black and white\), not ids; thr"):
            read_mask(path)
        hard = np.where(soft < 128, 0, np.iinfo(dtype).max).astype(dtype)
        np.testing.assert_array_equal(read_mask(save(tmp_path / "m.png", hard, mode)), soft >= 128)

    def test_a_soft_mask_that_is_indexed_is_kept_as_it_is(self, tmp_path: Path):
        values = np.minimum(np.arange(40)[:, None] * np.ones(40, int) * 20, 255).astype(np.uint8)
        path = save(tmp_path / "m.png", values, palette=DAVIS_PALETTE.tobytes())
        np.testing.assert_array_equal(read_mask(path), values)

    def test_jpeg(self, tmp_path: Path):
        with pytest.raises(InputError, match="JPEG does not keep ids exactly"):
            read_mask(save(tmp_path / "m.jpg", ids_of(255)))

    def test_no_such_file(self, tmp_path: Path):
        with pytest.raises(InputError, match=r"m\.png: no such file"):
            read_mask(tmp_path / "m.png")

    def test_no_image(self, tmp_path: Path):
        (tmp_path / "m.png").write_text("no image")
        with pytest.raises(InputError, match=r"m\.png: not an image"):
            read_mask(tmp_path / "m.png")

    def test_cut_off(self, tmp_path: Path):
        noise = np.random.default_rng(0).integers(0, 9, (64, 64), dtype=np.uint8)
        path = save(tmp_path / "m.png", noise)
        path.write_bytes(path.read_bytes()[:600])
        with pytest.raises(InputError, match=r"m\.png: cannot be read as an image"):
            read_mask(path)

    def test_another_size(self):
        with pytest.raises(InputError, match=r"m\.png: the mask is 4x2 pixels, but clip\.mp4 is 64x48"):
            require_size(ids_of(1, 2, 3), Path("m.png"), width=64, height=48, clip=Path("clip.mp4"))


class TestWriting:
    def test_equal_ids_give_equal_bytes_in_the_davis_palette(self, tmp_path: Path):
        for name in ("a.png", "b.png"):
            write_mask(tmp_path / name, ids_of(1, 2, 254))
        assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
        with PIL.Image.open(tmp_path / "a.png") as picture:
            assert picture.mode == "P"
            assert bytes(picture.getpalette() or []) == DAVIS_PALETTE.tobytes()

    def test_the_palette_is_that_of_davis(self, require):
        annotation = next((require("data") / "davis2017/Annotations/480p").glob("*/*.png"))
        with PIL.Image.open(annotation) as picture:
            assert bytes(picture.getpalette() or []) == DAVIS_PALETTE.tobytes()

    @pytest.mark.parametrize("ids", [ids_of(255), ids_of(1).astype(np.int64), np.zeros(4, np.uint8)])
    def test_what_is_no_mask_is_never_written(self, tmp_path: Path, ids: np.ndarray):
        with pytest.raises(InputError):
            write_mask(tmp_path / "m.png", ids)
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path):
        (tmp_path / "file").touch()
        with pytest.raises(WorkError, match=r"cannot write .*m\.png"):
            write_mask(tmp_path / "file" / "m.png", ids_of(1))

    def test_one_file_a_frame_under_its_stem(self, tmp_path: Path):
        writer = MaskWriter(tmp_path / "masks")
        for index, stem in enumerate(["a", "b"]):
            frame = Frame(index=index, image=np.zeros((2, 3, 3), np.uint8), stem=stem)
            writer.write(frame, Segmentation(index=index, ids=ids_of(index + 1, 0)))
        writer.close()
        assert sorted(path.name for path in (tmp_path / "masks").iterdir()) == ["a.png", "b.png"]
        np.testing.assert_array_equal(read_mask(tmp_path / "masks/b.png"), ids_of(2, 0))
