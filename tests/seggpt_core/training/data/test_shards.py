import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from seggpt_core.errors import InputError
from seggpt_core.training.data.shards import Library, Pool
from tests.seggpt_core.training.data.made_shards import WriteTar, disc, every_kind, labelled, plain


def test_a_tar_is_read_as_it_lies(write_tar: WriteTar) -> None:
    members = every_kind()
    library = Library.open([write_tar("all.tar", members)])
    assert library.counts() == {
        "ccp": 3,
        "eth80": 3,
        "cutouts_caltech101": 3,
        "cutout_sequences_fluent_anim": 1,
        "backgrounds": 3,
        "davis2016_train": 1,
    }
    image, labels = library.labelled[1].read()
    np.testing.assert_array_equal(image, members["ccp/1.webp"])
    np.testing.assert_array_equal(labels, members["ccp/1.png"])
    np.testing.assert_array_equal(library.cutouts[2].read()[..., 3], disc((0, 0, 0))[..., 3])
    np.testing.assert_array_equal(library.backgrounds[1].read(), members["backgrounds/1.webp"])
    assert [frame.name for frame in library.clips[0].frames] == ["walk/00000", "walk/00001", "walk/00002"]
    assert len(library.sequences[0].frames) == 3


def test_groups_are_classes_of_cutouts_and_views_of_an_object(write_tar: WriteTar) -> None:
    library = Library.open([write_tar("all.tar", every_kind())])
    assert {key: len(items) for key, items in library.groups.items()} == {"eth80/cow1": 3, "cutouts_caltech101/ant": 3}


def test_the_order_of_paths_does_not_matter(write_tar: WriteTar) -> None:
    first = write_tar("a.tar", {"backgrounds/a.webp": plain((1, 2, 3)), "backgrounds/c.webp": plain((1, 2, 3))})
    second = write_tar("b.tar", {"backgrounds/b.webp": plain((1, 2, 3))})
    assert Library.open([first, second]) == Library.open([second, first])


def test_a_library_can_be_sent_to_a_worker(write_tar: WriteTar) -> None:
    library = Library.open([write_tar("all.tar", every_kind())])
    sent = pickle.loads(pickle.dumps(library))
    assert sent == library
    np.testing.assert_array_equal(sent.backgrounds[0].read(), library.backgrounds[0].read())


def test_a_users_folder(tmp_path: Path) -> None:
    image, labels = labelled(1)
    _write_folder(tmp_path, {"one.png": image}, {"one.png": np.where(labels == 1, 255, 0).astype(np.uint8)})
    library = Library.open([tmp_path])
    read_image, read_labels = library.labelled[0].read()
    np.testing.assert_array_equal(read_image, image)
    np.testing.assert_array_equal(read_labels, labels == 1)  # a mask of 0 and 255 is object 1
    assert library.foregrounds
    assert library.scenes
    assert library.whole


def test_255_beside_other_labels_is_ignored(tmp_path: Path) -> None:
    image, labels = labelled(1)
    _write_folder(tmp_path, {"one.png": image}, {"one.png": labels})
    np.testing.assert_array_equal(Library.open([tmp_path]).labelled[0].read()[1], labels)


def test_pinholes_of_human290_are_filled_and_larger_gaps_kept(write_tar: WriteTar) -> None:
    labels = np.zeros((100, 100), np.uint8)
    labels[20:80, 20:80] = 1
    expected = labels.copy()
    labels[30:33, 30:33] = 0
    labels[50:60, 50:60] = expected[50:60, 50:60] = 0
    library = Library.open(
        [write_tar("p.tar", {"human290/1.webp": plain((9, 9, 9), (100, 100)), "human290/1.png": labels})]
    )
    np.testing.assert_array_equal(library.labelled[0].read()[1], expected)


def test_what_is_wrong_is_named(tmp_path: Path, write_tar: WriteTar) -> None:
    with pytest.raises(InputError, match="no training data was given"):
        Library.open([])
    with pytest.raises(InputError, match=r"missing\.tar"):
        Library.open([tmp_path / "missing.tar"])
    with pytest.raises(InputError, match=r"'mystery'.*known sets: backgrounds"):
        Library.open([write_tar("a.tar", {"mystery/1.webp": plain((0, 0, 0))})])
    with pytest.raises(InputError, match="holds no set"):
        Library.open([write_tar("b.tar", {})])
    with pytest.raises(InputError, match=r"ccp/1\.webp .* has no label map 1\.png"):
        Library.open([write_tar("c.tar", {"ccp/1.webp": plain((0, 0, 0))})])
    text = tmp_path / "text.tar"
    text.write_text("not a tar" * 200)
    with pytest.raises(InputError, match="not an uncompressed tar"):
        Library.open([text])


def test_folders_must_hold_images_and_masks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="images/ and masks/"):
        Library.open([tmp_path])
    _write_folder(tmp_path, {}, {})
    with pytest.raises(InputError, match="holds no image"):
        Library.open([tmp_path])
    _write_folder(tmp_path, {"one.png": plain((1, 2, 3))}, {})
    with pytest.raises(InputError, match=r"one\.png has no mask"):
        Library.open([tmp_path])


def test_sizes_and_modes_of_masks_are_checked(tmp_path: Path) -> None:
    _write_folder(tmp_path, {"one.png": plain((1, 2, 3), (40, 50))}, {"one.png": np.zeros((40, 60), np.uint8)})
    with pytest.raises(InputError, match="60x40, but its image is 50x40"):
        Library.open([tmp_path]).labelled[0].read()
    _write_folder(tmp_path, {}, {"one.png": plain((1, 2, 3), (40, 50))})
    with pytest.raises(InputError, match="mode RGB"):
        Library.open([tmp_path]).labelled[0].read()


def test_a_shard_that_was_cut_short_is_an_error(write_tar: WriteTar) -> None:
    path = write_tar("a.tar", {"backgrounds/a.webp": np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)})
    library = Library.open([path])
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="cut short"):
        library.backgrounds[0].read()


def test_a_pool_draws_by_weight() -> None:
    pool = Pool.of([(3.0, ["a"]), (1.0, ["b", "c"]), (0.0, ["never"]), (5.0, [])])
    rng = np.random.default_rng(0)
    drawn = [pool.draw(rng) for _ in range(4000)]
    shares = {name: drawn.count(name) / 4000 for name in "abc"}
    assert set(drawn) == {"a", "b", "c"}
    assert shares == pytest.approx({"a": 0.75, "b": 0.125, "c": 0.125}, abs=0.03)  # four standard deviations
    assert not Pool.of([])


def _write_folder(root: Path, images: dict[str, np.ndarray], masks: dict[str, np.ndarray]) -> None:
    for folder, pictures in (("images", images), ("masks", masks)):
        (root / folder).mkdir(exist_ok=True)
        for name, picture in pictures.items():
            cv2.imwrite(str(root / folder / name), picture[..., ::-1] if picture.ndim == 3 else picture)
