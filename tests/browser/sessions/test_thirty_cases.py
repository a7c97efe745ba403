"""Thirty cases in a row, as a radiologist would read them: by keyboard alone, from the sign-in on."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from dls.domain import LesionClass
from dls.study import audit
from dls.study.interaction import interactions
from tests.browser.conftest import App, wait_until_painted
from tests.browser.sessions.conftest import CASES
from tests.ui.reading_study import PASSWORD

pytestmark = pytest.mark.browser
SCROLLING = ("ArrowDown", "ArrowDown", "ArrowUp")


class Keyboard:
    """Presses keys, and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1


def enter_by_keyboard(page: Page) -> None:
    """Sign in and open the reading room without a mouse."""
    page.goto("/")
    page.get_by_label("User name").wait_for()
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Worklist").wait_for()
    first = page.get_by_role("button", name="Read the first case")
    first.wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if first.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")


def test_thirty_cases_by_keyboard(
    app: App, visitor: Callable[[], Page], record_property: Callable[[str, object], None]
) -> None:
    page = visitor()
    enter_by_keyboard(page)
    keys, seconds, answers = Keyboard(page), [], []
    for number in range(1, CASES + 1):
        wait_until_painted(page, f"Case {number} of {CASES} ")
        began = time.perf_counter()
        called, tens = (number * 3) % 7, number % 10
        keys.press(*SCROLLING, str(called + 1), f"Shift+Digit{tens}", "Enter")
        answers.append((called, tens * 10 or 100))
        title = f"Case {number + 1} of {CASES} " if number < CASES else "All open cases are signed"
        page.locator(".title", has_text=title).wait_for()
        seconds.append(time.perf_counter() - began)
    expect(page.locator(".viewer.covered")).to_have_attribute(
        "data-cover", f"Session 2 opens on {_opening(app)} UTC, after a washout. Thank you."
    )
    page.get_by_role("button", name="Worklist").click()
    expect(page.get_by_text("Session 2 opens on")).to_be_visible()
    expect(page.get_by_role("button", name="Read the")).to_have_count(0)

    readings = app.store.readings().sort_values("reading_id")
    stored = [(LesionClass(c), m) for c, m in zip(readings.lesion_class, readings.malignancy, strict=True)]
    assert stored == answers
    looked = interactions(app.store)
    slices = looked[looked.event == "k"].groupby("case_id").size()
    assert len(slices) == CASES
    assert slices.min() >= 1
    with app.store.read() as connection:
        stored_bytes = connection.execute("SELECT sum(length(events)) FROM interaction").fetchone()[0]
    assert audit.verify(app.store).ok
    figures = {
        "cases": CASES,
        "actions per case": round(keys.pressed / CASES, 2),
        "of these to answer and sign": 3,
        "seconds per case, median": round(statistics.median(seconds), 2),
        "seconds per case, longest": round(max(seconds), 2),
        "bytes of interaction per case": round(stored_bytes / CASES),
    }
    record_property("thirty cases by keyboard", json.dumps(figures))


def _opening(app: App) -> str:
    """When session 2 opens: 28 days after the last signature."""
    last = app.store.readings().signed_at.max()
    return (last + pd.Timedelta(days=28)).strftime("%Y-%m-%d %H:%M")
