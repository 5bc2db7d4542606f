"""Small shards and folders that the tests of the data engine make themselves."""

import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np

WriteTar = Callable[[str, Mapping[str, np.ndarray]], Path]
"""Writes a tar of the given name and members in the test's folder."""


def encode(name: str, picture: np.ndarray) -> bytes:
    """Bytes of a lossless WebP or PNG; colours are RGB or RGBA."""
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR if picture.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    quality = [cv2.IMWRITE_WEBP_QUALITY, 101] if name.endswith(".webp") else []
    done, data = cv2.imencode(Path(name).suffix, picture, quality)
    assert done
    return data.tobytes()


def write_members(path: Path, members: Mapping[str, np.ndarray]) -> None:
    """An uncompressed tar with a picture for each member's name."""
    with tarfile.open(path, "w") as archive:
        for member, picture in members.items():
            data = encode(member, picture)
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def plain(colour: tuple[int, ...], size: tuple[int, int] = (96, 96)) -> np.ndarray:
    """An even picture."""
    return np.full((*size, len(colour)), colour, np.uint8)


def disc(colour: tuple[int, int, int], size: int = 64) -> np.ndarray:
    """(size, size, 4) RGBA: an opaque disc on nothing."""
    sprite = plain((*colour, 0), (size, size))
    alpha = np.zeros((size, size), np.uint8)
    cv2.circle(alpha, (size // 2, size // 2), size // 2 - 4, 255, -1)
    sprite[..., 3] = alpha
    return sprite


def labelled(seed: int, size: tuple[int, int] = (80, 100)) -> tuple[np.ndarray, np.ndarray]:
    """A noisy image with two objects, labels 1 and 2, and a strip that is ignored."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    labels = np.zeros(size, np.uint8)
    labels[10:50, 10:40], labels[30:70, 50:90], labels[:4] = 1, 2, 255
    image[labels == 1], image[labels == 2] = (200, 40, 40), (40, 40, 200)
    return image, labels


def every_kind() -> dict[str, np.ndarray]:
    """Members of a tar that serves all kinds of samples."""
    members: dict[str, np.ndarray] = {}
    for number in range(3):
        for name in (f"ccp/{number}", f"eth80/cow1-022-{90 * number:03d}", f"davis2016_train/walk/{number:05d}"):
            members[f"{name}.webp"], members[f"{name}.png"] = labelled(number)
        members[f"cutouts_caltech101/ant__image_{number}.webp"] = disc((250, 20 + 60 * number, 20))
        members[f"cutout_sequences_fluent_anim/1f300/{number}.webp"] = disc((20, 200, 60 * number))
        members[f"backgrounds/{number}.webp"] = plain((60 * number, 90, 120))
    return members
