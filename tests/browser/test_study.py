"""What an investigator sees: pages that follow the readers, and the images of a case."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]
Enter = Callable[..., Page]


def test_a_signature_changes_an_investigators_page(signed_in: SignIn, reading_room: Enter) -> None:
    overview = signed_in("ines")
    expect(overview.get_by_text("Anna: 0 of 5 signed")).to_be_visible()
    page = reading_room("anna")
    for key in ("5", "Shift+Digit9", "Enter"):
        page.keyboard.press(key)
    expect(overview.get_by_text("Anna: 1 of 5 signed")).to_be_visible()


def test_an_investigator_sees_a_case(signed_in: SignIn) -> None:
    page = signed_in("ines")
    page.goto("/cases?case=1")
    page.wait_for_function(
        "() => { const all = (root) => [...root.querySelectorAll('*')].flatMap((e) =>"
        " e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);"
        " const v = all(document).find((e) => e.viewer); return v && v.viewer.times?.painted > 0; }"
    )
    expect(page.get_by_text("Phantom images")).to_be_visible()
