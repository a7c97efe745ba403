"""The page that opens first lives at the root; its own name, typed or kept as a bookmark, leads there too."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from dls.ui.navigation import PAGES


async def to_the_root(request: Request) -> RedirectResponse:
    """`GET /overview` and `GET /worklist`: the same address at the root, where Streamlit serves the page."""
    question = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{question}", 307)


FIRST = {next(iter(sections.values()))[0][0] for sections in PAGES.values()}
ROUTES = [Route(f"/{name}", to_the_root, methods=["GET"]) for name in sorted(FIRST)]
