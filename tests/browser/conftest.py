"""One application and one headless Chromium for all browser tests; each finds the study untouched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    TimeoutError,
    ViewportSize,
    expect,
    sync_playwright,
)

from dls.study.accounts import account_named, sign_out
from dls.study.reading import worklist
from dls.study.store import Store
from tests.browser.running_app import RunningApp
from tests.ui.reading_study import PASSWORD, make_reading_study

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 90_000
"""Machines that run the tests may be slow; no test asserts how fast anything is."""

VIEWPORT: ViewportSize = {"width": 1280, "height": 800}


@dataclass(frozen=True, slots=True)
class App:
    """The running application: its address and its study."""

    url: str
    store: Store

    def codes(self, name: str) -> list[str]:
        """Opaque codes of a reader's cases in the reader's order."""
        return [a.code for a in worklist(self.store, account_named(self.store, name).id)]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    home = tmp_path_factory.mktemp("browser")
    make_reading_study(home)
    with sqlite3.connect(home / "study.db") as study, sqlite3.connect(home / "untouched.db") as copy:
        study.backup(copy)
    study.close()
    copy.close()
    running = RunningApp(home)
    yield running.url, home
    running.stop()


@pytest.fixture
def app(server: tuple[str, Path]) -> App:
    url, home = server
    with sqlite3.connect(home / "untouched.db") as untouched, sqlite3.connect(home / "study.db") as study:
        untouched.backup(study)
    untouched.close()
    study.close()
    return App(url, Store(home / "study.db"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visitor(app: App, chromium: Browser) -> Iterator[Callable[[], Page]]:
    """Opens pages of the application, each in a browser profile of its own."""
    contexts: list[BrowserContext] = []

    def visit() -> Page:
        contexts.append(chromium.new_context(viewport=VIEWPORT, base_url=app.url))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page

    yield visit
    for context in contexts:
        for cookie in context.cookies():  # a closing page sends its draft: not to the next test
            sign_out(app.store, cookie["value"])
        context.close()


def sign_in_on(page: Page, name: str) -> Page:
    """Sign in, and wait for the first page."""
    page.goto("/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1).wait_for()
    return page


@pytest.fixture
def signed_in(visitor: Callable[[], Page]) -> Callable[[str], Page]:
    """A page on which somebody has just signed in."""

    def sign_in(name: str) -> Page:
        return sign_in_on(visitor(), name)

    return sign_in


@pytest.fixture
def reading_room(signed_in: Callable[[str], Page]) -> Callable[[str], Page]:
    """A reader's reading room, all images of the first case painted."""

    def enter(name: str = "anna") -> Page:
        page = signed_in(name)
        page.get_by_role("button", name="Read the").click()
        wait_until_painted(page)
        return page

    return enter


def wait_until_painted(page: Page, case: str = "Case 1 of") -> None:
    """Wait until the room shows all volumes of a case."""
    try:
        page.locator(".title", has_text=case).wait_for()
    except TimeoutError as error:
        shown = page.locator("body").inner_text()
        raise AssertionError(f"{case!r} does not show at {page.url}, but: {shown}") from error
    page.wait_for_function(
        "() => { const all = (root) => [...root.querySelectorAll('*')].flatMap((e) =>"
        " e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);"
        " const v = all(document).find((e) => e.viewer); return v && v.viewer.times.painted > 0; }"
    )
