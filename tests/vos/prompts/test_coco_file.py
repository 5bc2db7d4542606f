from typing import Any

import pytest

from vos.errors import InputError
from vos.prompts.coco_file import coco_objects, is_coco


def coco(*annotations: tuple[object, object], images: tuple[str, ...] = ("00000.png", "00001.png")) -> dict[str, Any]:
    """Annotations by image and category; categories 1 and 18 have names, and images count from 0."""
    return {
        "images": [{"id": number, "file_name": name} for number, name in enumerate(images)],
        "annotations": [
            {"id": 100123 + number, "image_id": image, "category_id": category}
            for number, (image, category) in enumerate(annotations)
        ],
        "categories": [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}, {"id": 900, "name": "900"}],
    }


def told(content: dict[str, Any], stem: str = "00000") -> list[tuple[int, str | None]]:
    return [(one["id"], one["name"]) for one in coco_objects(content, stem)]


def test_what_coco_is() -> None:
    assert is_coco(coco((0, 1)))
    assert not is_coco({"annotations": [{"id": 3, "polygon": []}]})
    assert not is_coco({"objects": [{"category_id": 3}], "annotations": [{"category_id": 3}]})


def test_a_category_of_which_no_image_has_two_is_an_object() -> None:
    content = coco((0, 18), (0, 1), (1, 18))
    assert told(content) == [(18, "dog"), (1, "person")]
    assert told(content, "00001") == [(18, "dog")]


def test_an_id_is_no_name_and_a_category_need_not_be_listed() -> None:
    content = coco((0, 7), (0, 8))
    content["categories"] = [{"id": 7, "name": "7"}]
    assert told(content) == [(7, None), (8, None)]


@pytest.mark.parametrize(
    ("categories", "expected"),
    [
        ([1, 18, 1], [(1, "person 1"), (2, "dog"), (3, "person 2")]),
        ([900, 1], [(1, "900"), (2, "person")]),
        ([0, 1], [(1, None), (2, "person")]),
        ([None, 18], [(1, None), (2, "dog")]),
    ],
)
def test_other_instances_are_numbered(categories: list[int | None], expected: list[tuple[int, str | None]]) -> None:
    assert told(coco(*((0, one) for one in categories))) == expected


def test_numbers_hold_for_all_images_if_one_has_two_of_a_category() -> None:
    assert told(coco((0, 18), (1, 1), (1, 1))) == [(1, "dog")]


@pytest.mark.parametrize("images", [(), ("other.png",)])
def test_a_single_image_needs_no_name(images: tuple[str, ...]) -> None:
    assert told(coco((0, 1), images=images)) == [(1, "person")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (coco((0, 1), images=("a.png", "b.png")), "holds 2 images, and none of them is called 00000"),
        (coco((0, 1), images=("x/00000.png", "y/00000.png")), "holds 2 images, and 2 of them are called 00000"),
        (coco((0, 1), (1, 1), images=()), "holds 2 images, and none of them is called 00000"),
        (coco((1, 1)), "holds no annotation of the image 00000, the mask's frame"),
        (coco((0, 1), (None, 1)), "holds 2 images; each needs an id, and each annotation an image_id"),
        (coco(([0], 1)), r"image_id is \[0\]; it must be a whole number"),
        ({**coco((0, 1)), "images": {}}, "its images must be a list of objects"),
        ({**coco((0, 1)), "categories": ["dog"]}, "its categories must be a list of objects"),
    ],
)
def test_what_cannot_be_told_is_refused(content: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        coco_objects(content, "00000")
