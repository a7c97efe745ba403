"""Several people at once: live pages, the consensus, the investigator's viewer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dls.study.accounts import account_named
from dls.study.reading import Entry, sign, worklist
from tests.browser.conftest import App, wait_until_painted

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]
Enter = Callable[..., Page]


def test_a_signature_changes_an_investigators_page(app: App, signed_in: SignIn, reading_room: Enter) -> None:
    overview = signed_in("ines")
    expect(overview.get_by_text("Anna: 0 of 5 signed")).to_be_visible()
    page = reading_room("anna")
    for key in ("5", "Shift+Digit9", "Enter"):
        page.keyboard.press(key)
    expect(overview.get_by_text("Anna: 1 of 5 signed")).to_be_visible()


def test_readers_decide_together(app: App, signed_in: SignIn) -> None:
    disputed = worklist(app.store, 1)[0].case_id
    for name, called in (("anna", 4), ("ben", 1)):
        reader = account_named(app.store, name).id
        code = next(a.code for a in worklist(app.store, reader) if a.case_id == disputed)
        sign(app.store, reader, code, Entry(called, 60, active_seconds=1, wall_seconds=1))
    page = signed_in("ben")
    page.get_by_role("link", name="Consensus").click()
    page.get_by_role("button", name="Decide").click()
    wait_until_painted(page, "Consensus, 1 to decide")
    expect(page.locator(".answers li")).to_have_text(["hemangioma", "HCC"])
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No case waits for a decision.")).to_be_visible()
    decided = app.store.consensus()
    assert decided[["case_id", "lesion_class", "mode"]].values.tolist() == [[disputed, 4, "joint"]]


def test_an_investigator_sees_a_case(app: App, signed_in: SignIn) -> None:
    page = signed_in("ines")
    page.goto("/cases?case=1")
    page.wait_for_function(
        "() => { const all = (root) => [...root.querySelectorAll('*')].flatMap((e) =>"
        " e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);"
        " const v = all(document).find((e) => e.viewer); return v && v.viewer.times?.painted > 0; }"
    )
    expect(page.get_by_text("Phantom images")).to_be_visible()
