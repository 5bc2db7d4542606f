"""`vos models`: weights on disk: what there is, downloaded, checked, and turned from one format into another."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vos.errors import InputError

if TYPE_CHECKING:
    from seggpt_core.checkpoint import Verified
    from seggpt_core.downloads import Downloaded, Source
    from seggpt_core.published_files import Format

_LIST_EXAMPLE = "Example: vos models list"
_DOWNLOAD_EXAMPLE = "Example: vos models download seggpt-vit-large"
_VERIFY_EXAMPLE = "Example: vos models verify seggpt_vit_large.pth"
_CONVERT_EXAMPLE = "Example: vos models convert seggpt_vit_large.pth seggpt.safetensors --format own"

_FileOrName = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A model of `vos models list`, or a file.")]


def register(app: typer.Typer) -> None:
    """Add the command and its four subcommands to `app`."""
    models = typer.Typer(no_args_is_help=True, help="List, download, verify and convert weights.")
    models.command("list", epilog=_LIST_EXAMPLE)(list_command)
    models.command("download", epilog=_DOWNLOAD_EXAMPLE)(download_command)
    models.command("verify", epilog=_VERIFY_EXAMPLE)(verify_command)
    models.command("convert", epilog=_CONVERT_EXAMPLE)(convert_command)
    app.add_typer(models, name="models")


def list_command() -> None:
    """Show every model: where its weights are, their size, their SHA-256."""
    from seggpt_core.checkpoint import EMBEDDED
    from seggpt_core.downloads import SOURCES
    from seggpt_core.files import sha256

    for name, one in EMBEDDED.items():
        facts = {"weights": f"{one.path}, in the package", "size": _size(one.path), "sha256": sha256(one.path)}
        _show(name, facts if one.terms is None else facts | {"terms": one.terms})
    for name, sources in SOURCES.items():
        for source in sources:
            _show(f"{name} ({source.format} format)", source_facts(name, source))


def source_facts(name: str, source: "Source") -> dict[str, str]:
    """What there is to say of a file of the hub, by name."""
    from seggpt_core.downloads import downloaded
    from seggpt_core.hub import HuggingFaceHub

    origin = {"from": f"{source.file} of {source.repo}"}
    try:
        found = downloaded(source, HuggingFaceHub())
    except InputError as error:  # the list goes on: one broken record or a missing package is not the others'
        return origin | {"weights": f"unknown: {error}"}
    if found is None:
        return origin | {"weights": f"not downloaded: vos models download {name} --format {source.format}"}
    return origin | _download_facts(found)


def download_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model of `vos models list` that has an origin.")],
    format: Annotated[
        str | None,
        typer.Option(metavar="port|official", help="Which of the published files; by default port, safetensors."),
    ] = None,
) -> None:
    """Download weights into the hub's cache, going on where an earlier try stopped: one cut off, killed or offline.

    The first download is checked and its SHA-256 recorded; from then on no other bytes are accepted.
    """
    from seggpt_core.downloads import download, source_of
    from seggpt_core.hub import HuggingFaceHub

    source = source_of(name, None if format is None else _format(format))
    _show(f"{name} ({source.format} format)", _download_facts(download(source, HuggingFaceHub())))


def verify_command(
    what: _FileOrName,
    sha256: Annotated[
        str | None, typer.Option("--sha256", metavar="HEX", help="What the SHA-256 of the file must be.")
    ] = None,
) -> None:
    """Load weights strictly: every tensor there, none besides, each of its shape; and print their SHA-256.

    `whole` says that their contents were held to a checksum too: in the file, of the first download, or --sha256.
    """
    from seggpt_core.checkpoint import verify_file
    from seggpt_core.files import require_sha256

    expected = None if sha256 is None else _hash(sha256)
    path = weights_path(what)
    if expected is not None:
        require_sha256(path, expected)
    verified = verify_file(path)
    held_to = "--sha256" if expected is not None else _checksum(what, verified)
    contents = f"as {held_to} says" if held_to else "cannot be checked: the file has no checksum; give --sha256 HEX"
    facts = {"weights": str(path), "model": verified.model, "format": verified.format, "contents": contents}
    title = "whole" if held_to else "complete, but its contents cannot be checked"
    _show(title, facts | {"size": _size(path), "sha256": verified.sha256})


def _checksum(what: str, verified: "Verified") -> str | None:
    """What the contents of verified weights were held to; None for nothing."""
    from seggpt_core.downloads import SOURCES

    if what in SOURCES:
        return "the record of the first download"
    return "the checksum in the file" if verified.checked else None


def _hash(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise InputError(f"--sha256 {text}: 64 hexadecimal digits are needed")
    return text.lower()


def convert_command(
    source: _FileOrName,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The new file.")],
    format: Annotated[
        str,
        typer.Option(
            metavar="official|port|own",
            help="The authors' .pth, safetensors for transformers, or safetensors that say their sizes.",
        ),
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it is there.")] = False,
) -> None:
    """Write the published model's weights in another format; no value changes."""
    from seggpt_core.published_files import read_published, write_published

    to = _format(format)
    if out.is_dir() or (out.exists() and not overwrite):
        raise InputError(f"{out}: is there already; give another name, or --overwrite for a file")
    path = weights_path(source)
    net, _ = read_published(path)
    digest = write_published(net, out, to)
    _show(f"{to} format", {"weights": str(out), "size": _size(out), "sha256": digest})


def weights_path(what: str) -> Path:
    """The weights file of a model's name, checked against its record if it was downloaded, or the file itself.

    Raises InputError for weights that were not downloaded, and for what is neither a name nor a file.
    """
    from seggpt_core.checkpoint import EMBEDDED
    from seggpt_core.downloads import SOURCES, find_downloaded
    from seggpt_core.hub import HuggingFaceHub

    if what in EMBEDDED:
        return EMBEDDED[what].path
    if what in SOURCES:
        if found := find_downloaded(what, HuggingFaceHub()):
            return found.path
        raise InputError(
            f"the weights of {what} are not downloaded: run `vos models download {what}`, or name a file instead"
        )
    if not Path(what).is_file():
        raise InputError(f"{what}: no such file; models are {', '.join([*EMBEDDED, *SOURCES])}")
    return Path(what)


def _format(text: str) -> "Format":
    from seggpt_core.published_files import FORMATS

    for known in FORMATS:
        if text == known:
            return known
    raise InputError(f"--format {text}: there is {', '.join(FORMATS)}")


def _download_facts(found: "Downloaded") -> dict[str, str]:
    trusted = found.trusted
    facts = {"weights": str(found.path), "revision": trusted.revision, "size": _size(found.path)}
    return facts | {"sha256": trusted.sha256}


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"


def _show(title: str, facts: dict[str, str]) -> None:
    typer.echo(title)
    width = max(map(len, facts))
    for name, value in facts.items():
        typer.echo(f"  {name:<{width}}  {value}")
