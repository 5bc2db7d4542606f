"""A hub on this machine that serves one large file, and breaks off when it is told to.

As the real one does, it sends downloads on to another host; what it says of the file it says before that.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.seggpt_core.fake_hub import FIRST


@dataclass
class HubServer:
    """What is served, and how; `starts` lists the byte that each download asked to begin with."""

    content: bytes
    etag: str
    cuts: list[int] = field(default_factory=list)
    """How many bytes the next downloads bring before the connection breaks; those after them are whole."""
    knows_ranges: bool = True
    stalls: threading.Event | None = None
    """A download that is cut keeps its connection until then."""
    starts: list[int] = field(default_factory=list)
    address: str = ""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve on a free port of the loopback."""
        state = self

        class Handler(_Handler):
            served = state

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.address = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield
            finally:
                if self.stalls:
                    self.stalls.set()
                server.shutdown()
                thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: HubServer

    def do_HEAD(self) -> None:
        self._send_on()

    def do_GET(self) -> None:
        if "/resolve/" in self.path:
            self._send_on()
        elif self.path == "/storage":
            self._store()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)  # the library looks for other things too

    def _send_on(self) -> None:
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", self.served.address.replace("127.0.0.1", "localhost") + "/storage")
        self.send_header("X-Repo-Commit", FIRST)
        self.send_header("X-Linked-ETag", f'"{self.served.etag}"')
        self.send_header("X-Linked-Size", str(len(self.served.content)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _store(self) -> None:
        served = self.served
        start = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        served.starts.append(start)
        content = served.content[start if served.knows_ranges else 0 :]
        self.send_response(HTTPStatus.PARTIAL_CONTENT if served.knows_ranges else HTTPStatus.OK)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not served.cuts:
            self.wfile.write(content)
            return
        self.wfile.write(content[: served.cuts.pop(0)])
        if served.stalls:
            served.stalls.wait()

    def log_message(self, format: str, *args: object) -> None: ...
