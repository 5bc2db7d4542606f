import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from vos.errors import InputError
from vos.io.coco_rle import Area, decode_rle, encode_rle

RECTANGLE = "e<d0d00000000000000000000000000000000000000[U1"
FULL = "0P[2"


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)))
def test_decoding_undoes_encoding(area: Area) -> None:
    np.testing.assert_array_equal(decode_rle(encode_rle(area)), area)


@given(st.integers(1, 2000), st.integers(1, 60))
def test_long_runs_come_back(height: int, width: int) -> None:
    area = np.zeros((height, width), dtype=np.bool_)
    area[height // 3 :, width // 2 :] = True
    np.testing.assert_array_equal(decode_rle(encode_rle(area)), area)


def test_what_pycocotools_writes_is_read_and_written_alike() -> None:
    """`pycocotools.mask.encode` of 40x60 masks: a rectangle of rows 5 to 24 and columns 10 to 29, and all of it."""
    rectangle = np.zeros((40, 60), dtype=np.bool_)
    rectangle[5:25, 10:30] = True
    assert encode_rle(rectangle) == {"size": [40, 60], "counts": RECTANGLE}
    np.testing.assert_array_equal(decode_rle({"size": [40, 60], "counts": RECTANGLE}), rectangle)
    assert encode_rle(np.ones((40, 60), dtype=np.bool_)) == {"size": [40, 60], "counts": FULL}


def test_counts_may_be_a_list() -> None:
    np.testing.assert_array_equal(
        decode_rle({"size": [2, 3], "counts": [1, 2, 3]}), [[False, True, False], [True, False, False]]
    )


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        ([1, 2], "must be an object with 'size' and 'counts'"),
        ({"size": [2], "counts": [2]}, r"size is \[2\]; it must be \[height, width\]"),
        ({"size": [2, 2], "counts": [2, 1]}, "add up to 3 pixels, but its size is 2x2"),
        ({"size": [2, 2], "counts": [5, -1]}, "must be run lengths"),
        ({"size": [2, 2], "counts": "4 "}, "hold ' ', which is no digit"),
        ({"size": [2, 2], "counts": "4o"}, "end in the middle of a number"),
    ],
)
def test_what_is_no_rle_is_refused(encoded: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        decode_rle(encoded)
