"""What the plain HTML forms share: their token, the page around them, and the session cookie they lead to.

A form carries a random token that its cookie repeats; another site can read neither, so it can send neither.
Source: OWASP, Cross-Site Request Forgery Prevention Cheat Sheet (double submit, Fetch metadata).
"""

from __future__ import annotations

import hmac
import secrets
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dls.study.accounts import LONGEST_SIGN_IN
from dls.study.protocol import title
from dls.ui import context
from dls.ui.assets import FOLDER, stylesheet
from dls.ui.routes.endpoint import PRIVATE, same_site
from dls.ui.session import COOKIE

FORM_COOKIE = "dls_form"
LONGEST_FORM = 8192
ELSEWHERE = "This form was sent from another site, or it is too old. Please try again."


async def form_fields(request: Request) -> dict[str, str] | None:
    """Fields of a form that our own page sent; None when another site may have."""
    body = await request.body()
    fields = {
        name: values[0] for name, values in parse_qs(body[:LONGEST_FORM].decode(errors="replace")).items()
    }
    given, kept = fields.get("form", ""), request.cookies.get(FORM_COOKIE, "")
    own = bool(kept) and hmac.compare_digest(given.encode(), kept.encode())
    return fields if own and same_site(request) else None


def form_page(
    request: Request, file: str, message: str = "", status: int = 200, **parts: str
) -> HTMLResponse:
    """A page of the assets with its form's token; `parts` are HTML."""
    token = secrets.token_urlsafe(32)
    html = (FOLDER / file).read_text()
    filled = {"style": stylesheet("forms.css"), "title": escape(title(context.store()))}
    filled |= {"message": escape(message), "form": token, **parts}
    for name, text in filled.items():
        html = html.replace("{{" + name + "}}", text)
    page = HTMLResponse(html, status, headers=PRIVATE)
    page.set_cookie(
        FORM_COOKIE, token, httponly=True, samesite="strict", secure=_secure(request), path="/sign-in"
    )
    return page


def with_session(request: Request, answer: Response, token: str) -> Response:
    """The answer with the session in a cookie that scripts and other sites cannot use."""
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(LONGEST_SIGN_IN.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=_secure(request),
    )
    return answer


def _secure(request: Request) -> bool:
    """Whether cookies are for https alone: asked by https, or people reach the server by https."""
    return request.url.scheme == "https" or context.settings().over_tls
