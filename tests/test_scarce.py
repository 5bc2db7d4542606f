"""A missing data set is told of, never passed over."""

from pathlib import Path

import pytest

from tests.scarce import Missing, data_root, golden_root, must_have


def test_unset_variable_says_what_to_set() -> None:
    with pytest.raises(Missing, match="set VOS_DATA to the folder that holds davis2016/"):
        data_root({})


def test_wrong_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=f"VOS_DATA names {tmp_path}/none, which is not a folder"):
        data_root({"VOS_DATA": f"{tmp_path}/none"})


def test_golden_files_lie_beside_the_tests() -> None:
    assert golden_root({}) == Path(__file__).with_name("golden").resolve()


def test_required_names_are_read_from_one_variable() -> None:
    assert must_have({}) == frozenset()
    assert must_have({"VOS_REQUIRE": "data,gpu"}) == {"data", "gpu"}
    with pytest.raises(ValueError, match="VOS_REQUIRE names date; known are data, golden, gpu"):
        must_have({"VOS_REQUIRE": "date"})
