"""Everything that a reader's session can fetch, searched for what a reader must not know."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page
from starlette.routing import Route

from dls.domain import LesionClass
from dls.study.accounts import account_named
from dls.study.reading import Entry, sign, worklist
from dls.ui.routes.all_routes import all_routes
from tests.browser.conftest import App, wait_until_painted
from tests.browser.sessions.conftest import CASES, SHOWN, model_scores

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]
OTHERS_PAGES = ("cases?case=1", "accuracy", "people", "no_such_page")
GUESSES = (
    "media/", "static/", "ui/", "_stcore/host-config", "_stcore/metrics", "no/such", "study.db", "images/",
    "app.py", ".git/config",
)  # fmt: skip
PEER = "PEERS-COMMENT"


@pytest.fixture
def reader(app: App, signed_in: SignIn) -> Page:
    """Anna, after Ben has signed ten of his cases."""
    ben = account_named(app.store, "ben").id
    for code in app.codes("ben")[:10]:
        sign(app.store, ben, code, Entry(LesionClass.OTHER_PRIMARY, 83, comment=PEER))
    return signed_in("anna")


def secrets_of(app: App) -> list[bytes]:
    """What nothing that reaches Anna may hold: truth, origin, peers, scores as digits or as numbers."""
    words = ["SECRET-", "histopathology", "reference_standard", "Maker 1.5 T", PEER, "Traceback (most"]
    words += [str(app.store.path.parent), "study.db", *app.codes("ben")]
    found = [word.encode() for word in words]
    for letter in SHOWN:
        for score in model_scores(letter).ravel().tolist():
            found += [f"{score:.6f}"[2:].encode(), struct.pack("<d", score), struct.pack("<f", score)]
    return found


def crawl(app: App, page: Page) -> dict[str, bytes]:
    """Address -> content of all that the browser loads, and of what can be derived from it by guessing."""
    urls: set[str] = set()
    got: dict[str, bytes] = {}

    def frame(data: str | bytes) -> None:
        got[f"websocket frame {len(got)}"] = data.encode() if isinstance(data, str) else data

    page.on("request", lambda request: urls.add(request.url))
    page.on("websocket", lambda socket: socket.on("framereceived", frame))
    page.goto("/")
    page.get_by_role("button", name="Read the first case").click()
    wait_until_painted(page, f"Case 1 of {CASES} ")
    for path in ("consensus", *OTHERS_PAGES):
        page.goto(f"/{path}")
        page.get_by_role("link", name="Sign out").wait_for()
    for code in app.codes("anna"):
        urls |= {f"{app.url}/readings/{code}", f"{app.url}/images/{code}/t2?k=0"}
    urls |= {url.split("?")[0] + ".map" for url in urls if re.search(r"\.(js|css)", url)}
    urls |= {urljoin(app.url, path) for path in GUESSES}
    for url in sorted(urls):
        if url.startswith(app.url) and "sign-out" not in url:
            answer = page.request.get(url)
            headers = "\n".join(f"{k}: {v}" for k, v in answer.headers.items())
            got[f"{answer.status} {url}"] = headers.encode() + answer.body()
    return got


def test_nothing_that_a_reader_can_fetch_tells_what_is_hidden(app: App, reader: Page) -> None:
    got = crawl(app, reader)
    assert sum(name.startswith("websocket") for name in got) > 10
    assert sum(name.startswith("200 ") and "/readings/" in name for name in got) >= CASES
    assert any(".map" in name for name in got)
    hidden = secrets_of(app)
    for name, content in got.items():
        for secret in hidden:
            if len(secret) > 4 or name.startswith("websocket"):  # four bytes do occur by chance in images
                assert secret not in content, (name, secret)


def test_the_search_finds_what_is_there(app: App, signed_in: SignIn) -> None:
    """The same search over what an investigator gets does find it."""
    page = signed_in("ines")
    frames: list[str | bytes] = []

    def keep(frame: str | bytes) -> None:
        frames.append(frame)

    page.on("websocket", lambda socket: socket.on("framereceived", keep))
    page.goto("/cases?case=1")
    page.get_by_text("SECRET-0").first.wait_for()
    content = b"".join(f.encode() if isinstance(f, str) else f for f in frames)
    found = [secret for secret in secrets_of(app) if secret in content]
    assert b"SECRET-" in found
    assert b"histopathology" in found


def test_others_addresses_and_guessed_ones_answer_alike(app: App, reader: Page) -> None:
    mine, bens = app.codes("anna"), app.codes("ben")
    assert not set(mine) & set(bens)
    assert len({*mine, *bens}) == 4 * CASES
    headers = {"x-dls-request": "1", "content-type": "application/json"}
    asked = 0
    for route in all_routes():
        if not isinstance(route, Route) or "{" not in route.path:
            continue
        for method in (route.methods or set()) - {"HEAD"}:
            answers = set()
            for code in (bens[0], bens[-1], "abcdefghjkmn"):
                path = re.sub(r"\{code\}", code, route.path)
                for name, value in ((r"\w+:int", "1"), ("slug", "t2"), ("letter", "A"), (r"\w+", "x")):
                    path = re.sub(rf"\{{{name}\}}", value, path)
                answer = reader.request.fetch(path, method=method, headers=headers, data={})
                answers.add((answer.status, answer.text()))
                asked += 1
            assert {status for status, _ in answers} <= {404, 422}, (route.path, answers)
            assert len(answers) == 1, (route.path, answers)
    assert asked > 20


def test_codes_do_not_tell_the_order_of_the_cases(app: App) -> None:
    anna = [(one.session, one.code, one.case_id) for one in worklist(app.store, 1)]
    by_code = [case for session, _, case in sorted(anna) if session == 1]
    assert by_code != sorted(by_code)
    assert {len(code) for _, code, _ in anna} == {12}
