"""A reader at work: everything by keyboard, nothing lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from dls.study.accounts import account_named
from dls.study.reading import assignment, signed_reading
from tests.browser.conftest import App, wait_until_painted

pytestmark = pytest.mark.browser
Enter = Callable[..., Page]


def choice(page: Page, label: str):
    return page.get_by_role("radio", name=label)


def test_three_cases_by_keyboard(app: App, reading_room: Enter) -> None:
    page, reader = reading_room(), account_named(app.store, "anna").id
    answers = [("5", "Shift+Digit9", 4, 90), ("2", "`", 1, 0), ("7", "Shift+Digit0", 6, 100)]
    for number, (class_key, confidence_key, called, malignancy) in enumerate(answers, start=1):
        wait_until_painted(page, f"Case {number} of 5")
        for key in ("ArrowDown", "ArrowUp", class_key, confidence_key, "Enter"):
            page.keyboard.press(key)
        wait_until_painted(page, f"Case {number + 1} of 5 · {5 - number} to read")
        expect(page.locator(".status")).to_contain_text("Signed")
        stored = signed_reading(app.store, reader, app.codes("anna")[number - 1])
        assert stored is not None
        assert (int(stored.entry.lesion_class), stored.entry.malignancy) == (called, malignancy)
        assert 0 < stored.entry.active_seconds <= stored.entry.wall_seconds
    assert len(app.store.readings()) == 3


def test_enter_signs_only_a_complete_answer(app: App, reading_room: Enter) -> None:
    page = reading_room()
    page.keyboard.press("Enter")
    expect(page.locator(".hint")).to_have_text("Still needed: class (1–7) and confidence (0–100).")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator(".hint")).to_have_text("Still needed: confidence (0–100).")
    assert app.store.readings().empty


def test_undo_until_it_is_signed(reading_room: Enter) -> None:
    page = reading_room()
    page.keyboard.press("1")
    page.keyboard.press("5")
    expect(choice(page, "HCC")).to_be_checked()
    page.keyboard.press("u")
    expect(choice(page, "cyst")).to_be_checked()
    page.keyboard.press("Control+z")
    expect(choice(page, "cyst")).not_to_be_checked()


def test_a_reload_restores_the_draft(reading_room: Enter) -> None:
    page = reading_room()
    for key in ("6", "Shift+Digit7", "]"):
        page.keyboard.press(key)
    page.keyboard.press("c")
    page.keyboard.type("rim, 1 r c 5")
    page.keyboard.press("Enter")
    expect(page.locator(".status")).to_contain_text("Draft saved")
    page.reload()
    wait_until_painted(page)
    expect(choice(page, "metastatic malignancy")).to_be_checked()
    expect(page.locator(".confidence")).to_have_text("75 %")
    expect(page.get_by_label("Comment")).to_have_value("rim, 1 r c 5")


def test_a_lost_connection_shows_at_once_and_loses_nothing(app: App, reading_room: Enter) -> None:
    page, code = reading_room(), app.codes("anna")[0]
    reader = account_named(app.store, "anna").id

    def cut(route: Route) -> None:
        route.abort("internetdisconnected")

    page.route("**/readings/**", cut)
    page.keyboard.press("4")
    expect(page.locator(".status")).to_contain_text("No connection to the server")
    expect(choice(page, "other benign nodules")).to_be_checked()
    page.unroute("**/readings/**", cut)
    expect(page.locator(".status")).to_contain_text("Draft saved")
    draft = assignment(app.store, reader, code).draft
    assert draft is not None
    assert draft["lesion_class"] == 3


def test_signing_goes_through_when_the_connection_is_back(app: App, reading_room: Enter) -> None:
    page = reading_room()
    lost: list[str] = []

    def lose_the_answer(route: Route) -> None:
        lost.append(route.fetch().text())
        route.abort("connectionreset")

    page.route("**/sign", lose_the_answer, times=1)
    for key in ("5", "Shift+Digit8", "Enter"):
        page.keyboard.press(key)
    wait_until_painted(page, "Case 2 of 5")
    assert len(lost) == 1
    assert app.store.readings().malignancy.tolist() == [80]


def test_a_case_signed_in_another_tab_stands(app: App, reading_room: Enter) -> None:
    first = reading_room()
    second = first.context.new_page()
    second.goto("/reading_room")
    wait_until_painted(second)
    for page, class_key in ((first, "1"), (second, "7")):
        for key in (class_key, "Shift+Digit5", "Enter"):
            page.keyboard.press(key)
        wait_until_painted(page, "Case 2 of 5")
    expect(second.locator(".status")).to_have_text("That case was signed before: the stored answer stands.")
    assert app.store.readings().lesion_class.tolist() == [0]


def test_keys_between_two_cases_change_nothing(app: App, reading_room: Enter) -> None:
    page, own = reading_room(), app.codes("anna")
    page.reload()
    waiting: list[Route] = []
    page.route(f"**/readings/{own[1]}", lambda route: waiting.extend([route]))
    wait_until_painted(page)
    for key in ("1", "Shift+Digit1", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".viewer.covered")).to_be_visible()
    for key in ("7", "Shift+Digit9", "Enter"):
        page.keyboard.press(key)
    waiting[0].continue_()
    wait_until_painted(page, "Case 2 of 5")
    expect(choice(page, "other primary malignancy")).not_to_be_checked()
    assert app.store.readings().lesion_class.tolist() == [0]


def test_the_end_of_the_worklist(app: App, reading_room: Enter) -> None:
    page = reading_room()
    for number in range(1, 6):
        wait_until_painted(page, f"Case {number} of 5")
        for key in ("1", "Shift+Digit1", "Enter"):
            page.keyboard.press(key)
    expect(page.locator(".title")).to_have_text("All cases are signed")
    assert len(app.store.readings()) == 5
    page.get_by_role("button", name="Worklist").click()
    expect(page.get_by_text("All cases of this session are signed")).to_be_visible()


def test_the_address_of_a_signed_case_leads_on(app: App, reading_room: Enter) -> None:
    page = reading_room()
    for key in ("1", "Shift+Digit1", "Enter"):
        page.keyboard.press(key)
    wait_until_painted(page, "Case 2 of 5")
    page.goto(f"/reading_room?case={app.codes('anna')[0]}")
    wait_until_painted(page, "Case 2 of 5")


def test_a_pause_hides_the_images_and_stops_the_keys(reading_room: Enter) -> None:
    page = reading_room()
    page.keyboard.press("p")
    page.keyboard.press("5")
    expect(page.locator(".viewer.covered")).to_be_visible()
    expect(choice(page, "HCC")).not_to_be_checked()
    page.keyboard.press("p")
    page.keyboard.press("5")
    expect(choice(page, "HCC")).to_be_checked()


def test_a_session_that_ends_keeps_what_was_typed(app: App, reading_room: Enter) -> None:
    page, reader = reading_room(), account_named(app.store, "anna").id
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.keyboard.press("2")
    expect(page.locator(".status")).to_contain_text("You are signed out")
    page.context.add_cookies(cookies)
    expect(page.locator(".status")).to_contain_text("Draft saved")
    draft = assignment(app.store, reader, app.codes("anna")[0]).draft
    assert draft is not None
    assert draft["lesion_class"] == 1
