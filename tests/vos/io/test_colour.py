"""Known colours, encoded without loss by the standards' own formulas, come back through the reader."""

from pathlib import Path

import av
import numpy as np
import pytest

from tests.tolerances import CODED_COLOUR
from vos.io import open_clip
from vos.io.colour import Colour

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (180, 120, 60), (30, 200, 220), (255, 255, 255), (0, 0, 0)]
LUMA = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
"""H.273 matrix code → weights of red and blue: BT.709, BT.601 twice, BT.2020."""


def components(rgb: tuple[int, int, int], matrix: int, full: bool, bits: int) -> tuple[int, int, int]:
    """Y'CbCr of an R'G'B' colour (ITU-T H.273, 8.3)."""
    red, blue = LUMA[matrix]
    r, g, b = (value / 255 for value in rgb)
    y = red * r + (1 - red - blue) * g + blue * b
    cb, cr = (b - y) / (2 - 2 * blue), (r - y) / (2 - 2 * red)
    top, unit = 2**bits - 1, 2 ** (bits - 8)
    if full:
        values = (top * y, top * cb + 2 ** (bits - 1), top * cr + 2 ** (bits - 1))
    else:
        values = (unit * (16 + 219 * y), unit * (128 + 224 * cb), unit * (128 + 224 * cr))
    return tuple(min(top, round(value)) for value in values)  # type: ignore[return-value]


def write_flat(
    path: Path, pixel_format: str, matrix: int | None, full: bool | None, size: tuple[int, int] = (33, 31)
) -> Path:
    """One picture of each colour; the tags are those given, and none where they are None."""
    bits = 10 if "10" in pixel_format else 8
    assumed = matrix or (1 if min(size) >= 720 else 6)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        stream.codec_context.colorspace = matrix or 2
        stream.codec_context.color_range = 0 if full is None else 1 + full
        for colour in COLOURS:
            picture = av.VideoFrame(*size, pixel_format)
            picture.colorspace, picture.color_range = stream.codec_context.colorspace, stream.codec_context.color_range
            for plane, value in zip(picture.planes, components(colour, assumed, bool(full), bits), strict=True):
                sample = np.array(value, np.uint16 if bits > 8 else np.uint8).tobytes()
                plane.update(sample * (plane.buffer_size // len(sample)))
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("full", [None, False, True])
@pytest.mark.parametrize("matrix", [None, 1, 5, 6, 9])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le", "yuv422p10le", "yuv444p"])
def test_matrix_range_and_depth_are_honoured_at_odd_sizes(
    tmp_path: Path, pixel_format: str, matrix: int | None, full: bool | None
):
    clip = open_clip(write_flat(tmp_path / "clip.mkv", pixel_format, matrix, full))
    assert (clip.info.width, clip.info.height, clip.info.pixel_format) == (33, 31, pixel_format)
    for frame, colour in zip(clip, COLOURS, strict=True):
        np.testing.assert_allclose(frame.image.astype(int), np.broadcast_to(colour, (31, 33, 3)), atol=CODED_COLOUR)


@pytest.mark.parametrize("size", [(854, 480), (1280, 720), (720, 1280), (1281, 721)])
def test_without_a_tag_hd_is_bt709_and_the_rest_bt601(tmp_path: Path, size: tuple[int, int]):
    clip = open_clip(write_flat(tmp_path / "clip.mkv", "yuv420p", None, None, size))
    for frame, colour in zip(clip, COLOURS, strict=True):
        np.testing.assert_allclose(frame.image[::40, ::40].reshape(-1, 3).astype(int) - colour, 0, atol=CODED_COLOUR)
    assert clip.info.colour is not None
    name = "BT.601" if size == (854, 480) else "BT.709"
    assert clip.info.colour.describe(*size) == f"{name} (assumed: it is not tagged), limited range"


def test_tags_are_told(tmp_path: Path):
    info = open_clip(write_flat(tmp_path / "clip.mkv", "yuv420p10le", 9, True)).info
    assert info.colour is not None
    assert (info.colour.matrix, info.colour.range) == (9, 2)
    assert info.colour.describe(33, 31) == "BT.2020, full range"
    assert Colour(matrix=0).describe(33, 31) == "RGB"


def test_h264_of_ten_bits(tmp_path: Path):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :32], image[:, 32:] = (200, 40, 90), (20, 180, 60)
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    frames = list(open_clip(path))
    assert len(frames) == 3
    for frame in frames:
        for place, colour in (((24, 10), (200, 40, 90)), ((24, 54), (20, 180, 60))):
            np.testing.assert_allclose(frame.image[place].astype(int), colour, atol=CODED_COLOUR)
