"""Who gets in, and what a reader's browser can be given."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, wait_until_painted

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]
Visit = Callable[[], Page]
Enter = Callable[..., Page]


def test_a_wrong_password_and_then_the_right_one(visitor: Visit) -> None:
    page = visitor()
    page.goto("/reading_room")
    expect(page).to_have_url("/sign-in")
    page.fill("[name=username]", "anna")
    page.fill("[name=password]", "wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("User name or password is wrong")


def test_a_forged_cookie_leads_to_the_sign_in(app: App, visitor: Visit) -> None:
    page = visitor()
    page.context.add_cookies([{"name": "dls_session", "value": "forged", "url": app.url}])
    page.goto("/")
    expect(page).to_have_url("/sign-in")
    assert page.request.get(f"/images/{app.codes('anna')[0]}/t2").status == 401


def test_addresses_of_others(app: App, signed_in: SignIn, visitor: Visit) -> None:
    page = signed_in("anna")
    assert page.request.get(f"/images/{app.codes('anna')[0]}/t2").status == 200
    assert page.request.get(f"/images/{app.codes('ben')[0]}/t2").status == 404
    assert page.request.get("/images/abcdefghjkmn/t2").status == 404
    assert page.request.get("/case-images/1/t2").status == 404
    assert visitor().request.get(f"/images/{app.codes('anna')[0]}/t2").status == 401


def test_a_readers_browser_is_given_no_truth(app: App, signed_in: SignIn) -> None:
    page = signed_in("anna")
    seen: list[str] = []

    def note(body: str | bytes) -> None:
        seen.append(body if isinstance(body, str) else body.decode("utf-8", "replace"))

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    page.on(
        "response",
        lambda answer: seen.append(answer.url) if "/images/" in answer.url else None,
    )
    page.reload()
    page.get_by_role("button", name="Read the").click()
    wait_until_painted(page)
    for code in app.codes("anna"):
        seen.append(page.request.get(f"/readings/{code}").text())
    text = "\n".join(seen)
    assert "Worklist" in text
    for secret in ("SECRET", "histopathology", "case_id", "Maker 1.5 T", "study.db", *app.codes("ben")):
        assert secret not in text


def test_signing_out(signed_in: SignIn) -> None:
    page = signed_in("anna")
    page.get_by_role("link", name="Sign out").click()
    expect(page).to_have_url("/sign-in")
    page.goto("/")
    expect(page).to_have_url("/sign-in")


def test_investigators_have_other_pages(signed_in: SignIn) -> None:
    page = signed_in("ines")
    expect(page.get_by_role("link", name="Accuracy")).to_be_visible()
    expect(page.get_by_role("link", name="Reading room")).to_have_count(0)
    assert page.request.get("/case-images/1/t2").status == 200
