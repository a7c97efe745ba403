"""What all routes share: who asks, may they, and how an error is answered."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from dls.errors import AccessError, BusyError, ConflictError, DLSError, InputError, StorageError
from dls.study.accounts import Account, Role, account_of
from dls.ui import context
from dls.ui.session import COOKIE

PRIVATE = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Cookie",
}
"""Headers of every answer that is about a case: nobody may keep it, no other site may embed it."""

LOG = logging.getLogger(__name__)
LARGEST_BODY = 64 * 1024
UNAVAILABLE = "The study's storage takes no writing at the moment; nothing was saved"
STATUS: tuple[tuple[type[DLSError], int], ...] = (
    (StorageError, 503),
    (BusyError, 503),
    (AccessError, 404),
    (ConflictError, 409),
    (DLSError, 422),
)


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised request: the account, the path's parts, the query and the JSON body."""

    account: Account
    path: Mapping[str, Any]
    query: Mapping[str, str]
    accepts_gzip: bool
    body: Mapping[str, Any]


Work = Callable[[Call], Response]
WORDS = {404: "There is nothing here", 503: UNAVAILABLE}
"""What is said instead of the error itself, which may tell whether a case exists, or where files lie."""


def endpoint(
    work: Work,
    *roles: Role,
    threads: Callable[[], CapacityLimiter] | None = None,
    largest: int = LARGEST_BODY,
) -> Callable:
    """A Starlette endpoint that does `work` in a thread, for signed-in accounts with one of `roles`.

    Answers 401 when nobody is signed in, 403 when a write comes from another site, 404 for others' roles and
    cases (whether a thing exists is not told), 409 for a conflict, 422 for bad input and 503 when the study
    cannot be written, which a browser tries again, each as
    `{"error": message}`.

    Parameters
    ----------
    threads : gives the limit of threads for this kind of work; the server's own when None
    largest : bytes that a request's body may have
    """

    async def answer(request: Request) -> Response:
        if request.method not in {"GET", "HEAD"} and not same_site(request, header="x-dls-request"):
            return refusal(403, "This request does not come from the study's own pages")
        try:
            body = await _body(request, largest)
        except ClientDisconnect:
            return refusal(400, "The request broke off")
        if body is None:
            return refusal(413, f"A request may have up to {largest // 1024} KiB")
        limiter = threads() if threads else None
        return await to_thread.run_sync(partial(_answer, work, roles, request, body), limiter=limiter)

    return answer


def route_name(scope: Scope) -> str:
    """Pattern of the route that answers, such as "/images/{code}": no code of a case is in it."""
    return getattr(scope.get("route"), "path", "/" + scope["path"].split("/")[1]) or "/"


def signed_in(connection: HTTPConnection) -> Account | None:
    """Account of a request's cookie, or None."""
    return account_of(context.store(), connection.cookies.get(COOKIE), context.idle_timeout())


def same_site(request: Request, header: str | None = None) -> bool:
    """Whether our own pages sent this: the same Origin, and a header that other sites cannot set."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return False
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    return header is None or header in request.headers


def refusal(status: int, message: str, **more: Any) -> JSONResponse:
    """An error as JSON."""
    return JSONResponse({"error": message, **more}, status, headers=PRIVATE)


def json_answer(content: Any) -> JSONResponse:
    """A private JSON answer."""
    return JSONResponse(content, headers=PRIVATE)


def _answer(work: Work, roles: tuple[Role, ...], request: Request, body: bytes) -> Response:
    account = signed_in(request)
    if account is None:
        return refusal(401, "You are signed out")
    if account.role not in roles:
        return refusal(404, "There is nothing here")
    try:
        gzip = "gzip" in request.headers.get("accept-encoding", "")
        return work(Call(account, request.path_params, request.query_params, gzip, _parsed(body)))
    except DLSError as error:
        status = next(code for kind, code in STATUS if isinstance(error, kind))
        if status == 503:
            LOG.error("%s %s: %s", request.method, route_name(request.scope), error)
        return refusal(status, WORDS.get(status, str(error)))


async def _body(request: Request, largest: int) -> bytes | None:
    """The request's body; None when it is too large."""
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > largest:
            return None
    return bytes(received)


def _parsed(body: bytes) -> Mapping[str, Any]:
    if not body:
        return {}
    try:
        content = json.loads(body)
    except ValueError as error:
        raise InputError("The request is not JSON", got=str(error)) from error
    if not isinstance(content, dict):
        raise InputError("The request is not a JSON object", got=type(content).__name__)
    return content
