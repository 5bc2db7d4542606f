import av
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import CODED_COLOUR
from tests.vos.io.test_colour import components
from vos.io.colour import Colour, luma_weights
from vos.io.readers.yuv import rgb_of_planes, split_semi_planar


def planes(values: tuple[int, int, int], bits: int, size: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Flat planes as decoders give them: 10 bits lie in the upper bits of 16."""
    y, cb, cr = (value << 6 if bits == 10 else value for value in values)
    dtype = torch.uint8 if bits == 8 else torch.uint16
    height, width = size
    chroma = torch.tensor([cb, cr], dtype=dtype).expand((height + 1) // 2, (width + 1) // 2, 2)
    return torch.full(size, y, dtype=dtype), chroma


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.integers(0, 255)] * 3),
    st.sampled_from([1, 5, 6, 9]),
    st.booleans(),
    st.sampled_from([8, 10]),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
)
def test_a_colour_comes_back(rgb: tuple[int, int, int], matrix: int, full: bool, bits: int, size: tuple[int, int]):
    luma, chroma = planes(components(rgb, matrix, full, bits), bits, size)
    found = rgb_of_planes(luma, chroma, Colour(matrix=matrix, range=1 + full), bits=bits)
    assert (found.dtype, tuple(found.shape)) == (torch.uint8, (*size, 3))
    np.testing.assert_allclose(found.numpy().astype(int), np.broadcast_to(rgb, (*size, 3)), atol=CODED_COLOUR)


def test_it_is_what_ffmpeg_does():
    noise = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    image = noise.repeat(8, axis=0).repeat(8, axis=1)  # flat squares: chroma is enlarged in another way on seams only
    nv12 = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="nv12", threads=1)
    expected = nv12.to_ndarray(format="rgb24", threads=1).astype(int)
    luma, chroma = split_semi_planar(torch.from_numpy(nv12.to_ndarray()), 48, 64)
    found = rgb_of_planes(luma, chroma, Colour(matrix=6), bits=8).numpy().astype(int)
    np.testing.assert_allclose(found[3::8, 3::8], expected[3::8, 3::8], atol=CODED_COLOUR)


@pytest.mark.parametrize("shape", [(48, 64), (72, 60), (144, 64), (72, 64, 1)])
def test_other_layouts_are_refused(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match="no 4:2:0 picture of 64x48 pixels"):
        split_semi_planar(torch.zeros(shape, dtype=torch.uint8), 48, 64)


def test_odd_sizes_have_no_such_layout():
    with pytest.raises(ValueError, match="no 4:2:0 picture of 63x47 pixels"):
        split_semi_planar(torch.zeros(70, 63, dtype=torch.uint8), 47, 63)


def test_matrices_without_luma_are_refused():
    with pytest.raises(ValueError, match="matrix RGB: known are BT.709"):
        luma_weights(0)
