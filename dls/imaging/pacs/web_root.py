"""Requests to a DICOMweb server over one connection that is kept open, and what its refusals mean.

Source: RFC 9110 (HTTP); DICOM PS3.18 8.3 (authentication), table 8.5-1 (status codes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from dls.errors import PeerError
from dls.imaging.pacs.peers import DicomWebServer

CHUNK = 1 << 16
"""Bytes that are held of an answer or a file at a time."""

_LARGEST_LIST = 64 * 2**20
_STATUS = {
    400: "it does not understand the request",
    401: "it asks for a user and a password",
    403: "it does not allow this",
    404: "it has nothing at this address",
    406: "it cannot give the files as they are stored",
    413: "the request is too large for it",
    429: "it is asked too often",
    503: "it is overloaded or being maintained",
}


class WebRoot:
    """Addresses below the root of a server's services."""

    def __init__(self, server: DicomWebServer) -> None:
        self._server = server
        self._root = server.url.rstrip("/")
        self._headers = _authorisation(server)
        self._pool = urllib3.PoolManager(
            num_pools=1,
            maxsize=1,
            timeout=urllib3.Timeout(connect=min(10.0, server.timeout_s), read=server.timeout_s),
            retries=False,
            cert_reqs="CERT_REQUIRED",
            ca_certs=None if server.ca_file is None else str(server.ca_file),
        )

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()

    @contextmanager
    def get(
        self, path: str, accept: str, query: Sequence[tuple[str, str]] = ()
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """A successful answer, still to be read.

        Raises
        ------
        PeerError
            when there is none, or the connection breaks off while it is read.
        """
        address = f"{path}?{urlencode(query, safe='*')}" if query else path
        with self._asked("GET", address, {"Accept": accept}) as answer:
            if not 200 <= answer.status < 300:
                raise self._refused(answer)
            yield answer

    def post(self, path: str, headers: Mapping[str, str], body: Iterator[bytes]) -> tuple[int, bytes]:
        """Status and content of the answer to what was sent: a success, or 409 with the reasons.

        Raises
        ------
        PeerError
            for any other answer, or none.
        """
        with self._asked("POST", path, headers, body) as answer:
            if not 200 <= answer.status < 300 and answer.status != 409:
                raise self._refused(answer)
            return answer.status, whole(answer)

    @contextmanager
    def _asked(
        self, method: str, address: str, headers: Mapping[str, str], body: Iterator[bytes] | None = None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        answer: urllib3.BaseHTTPResponse | None = None
        try:
            answer = self._pool.request(
                method,
                f"{self._root}/{address}",
                headers={**self._headers, **headers},
                body=body,
                redirect=False,
                preload_content=False,
            )
            yield answer
            answer.drain_conn()
            answer.release_conn()
        except HTTPError as error:
            raise self._broken(error) from error
        finally:
            if answer is not None:
                answer.close()

    def _refused(self, answer: urllib3.BaseHTTPResponse) -> PeerError:
        meaning = _STATUS.get(answer.status, "it failed" if answer.status >= 500 else "it refused")
        if 300 <= answer.status < 400:
            meaning = f"it points to {answer.headers.get('Location', 'somewhere else')}"
        excerpt = " ".join(answer.read(300).decode("utf-8", "replace").split())
        return PeerError(
            f"{self._server} refused: {meaning}",
            expected="HTTP status 200",
            got=f"{answer.status} {answer.reason or ''}".strip() + (f" ({excerpt})" if excerpt else ""),
            remedy="check the address and the credentials",
        )

    def _broken(self, error: Exception) -> PeerError:
        reason = getattr(error, "reason", None)
        cause = reason if isinstance(reason, Exception) else error
        if isinstance(cause, SSLError):
            return PeerError(
                f"No trusted connection to {self._server}",
                expected="a certificate that is trusted and names the host",
                got=str(cause),
                remedy="name the certificate of its authority",
            )
        if isinstance(cause, NewConnectionError | ConnectTimeoutError):
            return PeerError(
                f"Nobody answers at {self._server}",
                got=str(cause).rpartition(": ")[2],
                remedy="check host, port and network",
            )
        if isinstance(cause, ReadTimeoutError):
            return PeerError(
                f"{self._server} went silent",
                expected=f"an answer within {self._server.timeout_s:g} s",
                remedy="fetch again: what arrived whole is kept; or allow more time",
            )
        return PeerError(
            f"The connection to {self._server} broke off",
            got=f"{type(cause).__name__}: {cause}",
            remedy="fetch again: what arrived whole is kept",
        )


def _authorisation(server: DicomWebServer) -> dict[str, str]:
    if server.token:
        return {"Authorization": f"Bearer {server.token}"}
    if server.user:
        return dict(urllib3.make_headers(basic_auth=f"{server.user}:{server.password}"))
    return {}


def whole(answer: urllib3.BaseHTTPResponse) -> bytes:
    """The whole of a short answer."""
    pieces, size = [], 0
    for piece in answer.stream(CHUNK):
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST_LIST:
            raise PeerError("The server's list has no end", expected=f"at most {_LARGEST_LIST // 2**20} MiB")
    return b"".join(pieces)
