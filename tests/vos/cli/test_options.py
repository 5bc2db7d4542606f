from fractions import Fraction

import pytest

from vos.cli.options import parse_frames
from vos.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("10:20", (10, 20)),
        (" 0:1 ", (0, 1)),
        ("1.5s:4s", (Fraction(3, 2), Fraction(4))),
        ("0.04s:0.0401s", (Fraction(1, 25), Fraction(401, 10000))),
        ("5:", (5, None)),
        (":5", (None, 5)),
        (":4.s", (None, Fraction(4))),
        ("10:4s", (10, Fraction(4))),
        ("2s:10", (Fraction(2), 10)),
    ],
)
def test_frames(text: str | None, expected: object):
    found = parse_frames(text)
    assert found == expected
    assert found is None or [type(bound) for bound in found] == [type(bound) for bound in expected]  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["", ":", "5", "5:5", "7:3", "4s:1.5s", "2s:2.0s", "-1:4", "1.5:4", "1m:2m", "a:b"])
def test_what_is_no_range(text: str):
    with pytest.raises(InputError, match=f"--frames {text}: give A:B with 0 <= A < B"):
        parse_frames(text)
