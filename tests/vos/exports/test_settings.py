import pytest

from vos.errors import InputError
from vos.exports import KINDS, ExportSettings, parse_alpha, parse_kinds
from vos.matte import Edges


def test_kinds_are_taken_once_in_order():
    assert parse_kinds(None) == ()
    assert parse_kinds("rgba, soft8,rgba") == ("rgba", "soft8")
    assert parse_kinds("rgba", overlay=True) == ("overlay", "rgba")
    assert parse_kinds("rgba,overlay", overlay=True) == ("overlay", "rgba")
    assert parse_kinds(",".join(KINDS)) == KINDS


@pytest.mark.parametrize("text", ["soft", "soft8,tiff", "", ","])
def test_an_unknown_kind_is_refused_and_the_known_are_told(text: str):
    with pytest.raises(InputError, match=r"--export .* the kinds are overlay, soft8, "):
        parse_kinds(text)


def test_alpha():
    assert (parse_alpha(None), parse_alpha("straight")) == (None, "straight")
    with pytest.raises(InputError, match="--alpha matted: must be straight or premultiplied"):
        parse_alpha("matted")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": ("soft8",), "alpha": "straight"}, "--alpha straight: for --export rgba"),
        ({"kinds": ("overlay",), "start_number": 1001}, "--start-number 1001: for --export soft8"),
        ({"kinds": ("soft8",), "start_number": -1}, "--start-number -1: must be 0 or more"),
        ({"kinds": ("overlay", "rle"), "edges": Edges(grow=1)}, "--grow, --shrink, .* for --export soft8"),
        ({"kinds": ("overlay",), "per_object": True}, "--per-object: for --export soft8"),
    ],
)
def test_options_that_nothing_has_use_for_are_refused(options: dict[str, object], message: str):
    with pytest.raises(InputError, match=message):
        ExportSettings(**options)  # type: ignore[arg-type]
