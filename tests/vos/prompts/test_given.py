from pathlib import Path

import pytest

from vos.errors import InputError
from vos.prompts import GivenMask, parse_given, parse_names


def test_a_mask_may_bear_the_number_of_its_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("7=x.png").touch()
    assert parse_given(["a.png", "120=b=c.png", "x=y.png", "7=x.png"]) == (
        GivenMask(path=Path("a.png")),
        GivenMask(path=Path("b=c.png"), frame=120),
        GivenMask(path=Path("x=y.png")),
        GivenMask(path=Path("7=x.png")),
    )


@pytest.mark.parametrize("number", ["1.5s", "-1", "+3", ".5", "1:4", "2 "])
def test_what_is_no_number_of_a_frame_is_told(number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"{number}=m.png"
    with pytest.raises(InputError) as refused:
        parse_given([text])
    assert str(refused.value) == (
        f"--mask {text}: no such file, and {number} is no frame: N in N=MASK is a frame's number, 0 or more"
    )
    Path(text).touch()
    assert parse_given([text]) == (GivenMask(path=Path(text)),)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (None, {}),
        ("dog,cat", {1: "dog", 2: "cat"}),
        ("3=dog, 7=red cat_2", {3: "dog", 7: "red cat_2"}),
    ],
)
def test_names_go_by_id_or_by_order(text: str | None, names: dict[int, str]) -> None:
    assert parse_names(text) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3=dog,3=cat", "object 3 is named twice"),
        ("255=dog", "object 255 is no id"),
        ("a=dog", "'a=dog' must be a name, or ID=NAME"),
        ("dog,dog", "two objects have one name"),
        ("1=../dog", "'../dog' cannot name an object"),
        ("1=", "'' cannot name an object"),
    ],
)
def test_names_that_cannot_be_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_names(text)
