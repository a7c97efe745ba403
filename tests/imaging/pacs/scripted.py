"""A web server that answers as a test says, for what no real server does on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.imaging.pacs.relay import LOOPBACK


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body; `announced` is a Content-Length that may be a lie, None for none at all."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = -1


def listing(*items: Mapping[str, object]) -> Answer:
    """DICOM JSON of values by tag."""
    found = [{tag: {"vr": "UI", "Value": [value]} for tag, value in item.items()} for item in items]
    return Answer(body=json.dumps(found).encode(), headers={"Content-Type": "application/dicom+json"})


def parts(*files: bytes, closed: bool = True) -> Answer:
    """A multipart/related answer."""
    body = b"".join(b"--B\r\nContent-Type: application/dicom\r\n\r\n" + f + b"\r\n" for f in files)
    kind = 'multipart/related; type="application/dicom"; boundary=B'
    return Answer(
        body=body + (b"--B--\r\n" if closed else b""), headers={"Content-Type": kind}, announced=None
    )


@contextmanager
def scripted(script: Callable[[str, dict[str, str]], Answer]) -> Iterator[str]:
    """Address of a server that answers a path (with query) and headers by a script."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = script(self.path, {k.lower(): v for k, v in self.headers.items()})
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.announced is not None:
                length = len(answer.body) if answer.announced < 0 else answer.announced
                self.send_header("Content-Length", str(length))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(answer.body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
