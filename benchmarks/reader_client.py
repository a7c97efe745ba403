"""Somebody who is signed in and speaks to the study's routes over HTTP, without a browser."""

from __future__ import annotations

import http.client
import json
from http.client import HTTPMessage
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 60


class RefusedError(Exception):
    """An answer with an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status


class Client:
    """One connection of one account; kept open from request to request.

    Raises
    ------
    RefusedError
        from every request whose answer is an error.
    OSError, http.client.HTTPException
        from every request while the server cannot be reached.
    """

    def __init__(self, url: str, username: str, password: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)
        page, given = self._request("GET", "/sign-in", None, {})
        token = page.decode().split('name="form" value="')[1].split('"')[0]
        form = urlencode({"username": username, "password": password, "form": token})
        kept = given["Set-Cookie"].split(";")[0]
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": kept}
        _, answered = self._request("POST", "/sign-in", form, headers)
        self.cookie = answered["Set-Cookie"].split(";")[0]

    def get(self, path: str, **headers: str) -> bytes:
        """Body of a page, an image or a description."""
        return self._request("GET", path, None, headers | {"Cookie": self.cookie})[0]

    def send(self, method: str, path: str, content: dict[str, Any]) -> Any:
        """Send JSON as the study's own pages do; the answer's JSON."""
        headers = {"X-DLS-Request": "1", "Content-Type": "application/json", "Cookie": self.cookie}
        return json.loads(self._request(method, path, json.dumps(content), headers)[0])

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()

    def _request(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[bytes, HTTPMessage]:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RefusedError(answer.status, f"{method} {path}: {content!r}")
        return content, answer.headers
