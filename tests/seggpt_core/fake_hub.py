"""A hub without a network, with the cache's layout of the real one: snapshots that link to blobs."""

from dataclasses import dataclass, field
from pathlib import Path

from seggpt_core.downloads import Source
from seggpt_core.errors import WorkError
from seggpt_core.files import sha256
from seggpt_core.hub import Fetched, fetched
from seggpt_core.model import SegGPT
from seggpt_core.published_files import Format, write_published

FIRST, SECOND = "1" * 40, "2" * 40
"""Revisions."""


@dataclass
class FakeHub:
    """Holds what was published, by revision; `asked` lists the revisions that were fetched."""

    folder: Path
    online: bool = True
    asked: list[str | None] = field(default_factory=list)
    published: dict[tuple[str, str, str], Path] = field(default_factory=dict)

    def publish(self, source: Source, net: SegGPT, revision: str = FIRST, to: Format | None = None) -> str:
        """Put a net under a revision; the SHA-256 of its file."""
        return write_published(net, self.place(source, revision), to or source.format, net.config)

    def place(self, source: Source, revision: str = FIRST) -> Path:
        """Where to put the file of a revision."""
        path = self.folder.with_name(f"{self.folder.name}-remote") / revision / source.file
        path.parent.mkdir(parents=True, exist_ok=True)
        self.published[source.repo, source.file, revision] = path
        return path

    def cache(self) -> Path:
        return self.folder

    def cached(self, repo: str, file: str, revision: str) -> Path | None:
        path = self._snapshot(repo, file, revision)
        return path if path.is_file() else None

    def fetch(self, repo: str, file: str, revision: str | None) -> Fetched:
        self.asked.append(revision)
        newest = max(key[2] for key in self.published)
        path = self._snapshot(repo, file, revision or newest)
        if not path.is_file():
            if not self.online:
                raise WorkError(f"cannot download {file} of {repo}: no network")
            content = self.published[repo, file, revision or newest]
            blob = path.parents[2] / "blobs" / sha256(content)
            blob.parent.mkdir(parents=True, exist_ok=True)
            blob.write_bytes(content.read_bytes())
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.symlink_to(blob)
        return fetched(path)

    def _snapshot(self, repo: str, file: str, revision: str) -> Path:
        return self.folder / f"models--{repo.replace('/', '--')}" / "snapshots" / revision / file
