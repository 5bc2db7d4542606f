import pytest
from hypothesis import given
from hypothesis import strategies as st

from vos.io.numbering import missing_numbers


@pytest.mark.parametrize(
    ("stems", "expected"),
    [
        (["f1", "f2", "f4"], ("3",)),
        (["00007", "00008", "00012", "00013", "00020"], ("9-11", "14-19")),
        (["shot2_001.rgb", "shot2_002.rgb", "shot2_004.rgb"], ("3",)),
        ([f"{5 * index:05d}" for index in range(5)], ()),
        (["0", "5", "10", "25", "30"], ("15-20",)),
        (["1", "2", "3"], ()),
        (["a1", "b2", "c9"], ()),
        (["a", "b"], ()),
        (["7"], ()),
        ([], ()),
    ],
)
def test_gaps_in_numbers(stems: list[str], expected: tuple[str, ...]):
    assert missing_numbers(stems) == expected


@given(st.sets(st.integers(1, 98), max_size=20))
def test_names_and_gaps_together_are_the_whole_range(left_out: set[int]):
    missing = missing_numbers([f"f{number}" for number in range(100) if number not in left_out])
    ends = [tuple(map(int, span.split("-"))) for span in missing]
    assert {number for span in ends for number in range(span[0], span[-1] + 1)} == left_out
