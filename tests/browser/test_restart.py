"""The whole application dies while a reader works: the answer waits, and is signed once it is back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dls.study.audit import verify
from dls.study.backup import integrity
from dls.study.store import Store
from tests.browser.conftest import PATIENCE_MS, VIEWPORT, wait_until_painted
from tests.browser.running_app import RunningApp
from tests.ui.reading_study import PASSWORD, make_reading_study

pytestmark = pytest.mark.browser


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[RunningApp]:
    make_reading_study(tmp_path, pixels=24)
    running = RunningApp(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def page(mortal: RunningApp, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=VIEWPORT, base_url=mortal.url)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/")
    page.fill("[name=username]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Read the").click()
    wait_until_painted(page)
    yield page
    context.close()


def test_nothing_is_lost_when_the_application_is_killed(mortal: RunningApp, page: Page) -> None:
    store = Store(mortal.home / "study.db")
    for key in ("5", "Shift+Digit9", "Enter"):
        page.keyboard.press(key)
    wait_until_painted(page, "Case 2 of 5")
    page.keyboard.press("2")
    expect(page.locator(".status")).to_contain_text("Draft saved")
    mortal.kill()
    page.keyboard.press("Shift+Digit1")
    expect(page.locator(".status")).to_contain_text("No connection to the server")
    page.keyboard.press("Enter")
    expect(page.locator(".status")).to_contain_text("Nothing is lost; trying again")
    assert store.readings().lesion_class.tolist() == [4]
    mortal.start()
    wait_until_painted(page, "Case 3 of 5")
    assert store.readings()[["lesion_class", "malignancy"]].values.tolist() == [[4, 90], [1, 10]]
    assert verify(store).ok
    assert integrity(store) == ()


def test_the_other_pages_come_back(mortal: RunningApp, page: Page) -> None:
    page.goto("/worklist")
    mortal.kill()
    mortal.start()
    page.get_by_role("button", name="Go on with the case you began").click()
    wait_until_painted(page, "Case 1 of 5")
    page.goto("/worklist")  # by its own address, before anybody has opened the first page since the start
    expect(page.get_by_role("link", name="Worklist", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="router", exact=True)).to_have_count(0)
