"""Requests to an ASGI application without a server or a client library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Result of a coroutine, run in a thread of its own: browser tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (lower case) and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def cookie(self) -> str:
        return self.headers["set-cookie"].split(";")[0].partition("=")[2]


class Client:
    """Sends requests with an optional session cookie, as a browser on the study's own pages would."""

    def __init__(self, app: Any, token: str | None = None) -> None:
        self.app, self.token = app, token

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, headers=headers)

    def write(self, method: str, path: str, content: Any, **headers: str) -> Answer:
        own = {"x-dls-request": "1", "origin": "http://study", "content-type": "application/json", **headers}
        return self.send(method, path, json.dumps(content).encode(), own)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        broken: bool = False,
    ) -> Answer:
        """Send one request; a `broken` one ends before its body has come."""
        given = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        named = {"host": "study", "accept-encoding": "gzip", **given}
        if self.token is not None:
            named["cookie"] = f"dls_session={self.token}"
        address = urlsplit(path)
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": address.path,
            "raw_path": address.path.encode(),
            "root_path": "",
            "query_string": address.query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "server": ("study", 80),
            "client": ("127.0.0.1", 1),
        }
        return run(self._exchange(scope, body, broken))

    async def _exchange(self, scope: dict[str, Any], body: bytes, broken: bool) -> Answer:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if broken:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        headers: dict[str, str] = {}
        for name, value in ((n.decode().lower(), v.decode()) for n, v in sent[0]["headers"]):
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Answer(sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:]))
