"""After the signature, in two tabs, and without a network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dls.study.accounts import account_named
from dls.study.interaction import interactions
from dls.study.reading import assignment
from tests.browser.conftest import App, wait_until_painted

pytestmark = pytest.mark.browser
Enter = Callable[..., Page]
CONTRAST = """
root => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0.05);
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement ?? at.getRootNode().host) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const texts = [...root.querySelectorAll("*")].filter((e) => e.checkVisibility() && !e.disabled &&
    ([...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || e.matches("input[type=text]")));
  return texts.map((e) => {
    const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    return [e.textContent || e.placeholder, Math.round((a / b) * 100) / 100];
  });
}
"""
"""[text, contrast ratio] of every visible text below an element, as the browser computed its colours."""


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_signed_answer_is_changed_with_a_reason_and_the_old_one_kept(app: App, reading_room: Enter) -> None:
    page = reading_room()
    expect(page.get_by_role("button", name="Back")).to_be_disabled()
    press(page, "5", "Shift+Digit8", "Enter")
    wait_until_painted(page, "Case 2 of 5")
    press(page, "3", "b")
    wait_until_painted(page, "Case 1 of 5 · signed")
    expect(page.get_by_role("radio", name="HCC")).to_be_checked()
    press(page, "6", "Enter")
    expect(page.locator(".hint")).to_have_text("Say why the answer is changed.")
    assert len(app.store.readings(revisions=True)) == 1
    page.keyboard.type("seen again")
    press(page, "Enter", "Enter")
    wait_until_painted(page, "Case 2 of 5 · 4 to read")
    expect(page.locator(".status")).to_contain_text("Change signed")
    expect(page.get_by_role("radio", name="FNH")).to_be_checked()
    kept = app.store.readings(revisions=True)
    assert kept[["revision", "lesion_class"]].to_numpy().tolist() == [[1, 4], [2, 5]]
    with app.store.read() as connection:
        reasons = connection.execute("SELECT reason FROM reading ORDER BY id").fetchall()
    assert [reason for (reason,) in reasons] == ["", "seen again"]


def test_looking_back_changes_nothing(app: App, reading_room: Enter) -> None:
    page = reading_room()
    press(page, "5", "Shift+Digit8", "Enter")
    wait_until_painted(page, "Case 2 of 5")
    press(page, "b")
    wait_until_painted(page, "Case 1 of 5 · signed")
    press(page, "1", "b")
    wait_until_painted(page, "Case 2 of 5 · 4 to read")
    assert app.store.readings(revisions=True).lesion_class.tolist() == [4]


def test_two_tabs_show_one_answer(app: App, reading_room: Enter) -> None:
    first = reading_room()
    second = first.context.new_page()
    second.goto("/reading_room")
    wait_until_painted(second)
    press(second, "2", "Shift+Digit3")
    expect(first.get_by_role("radio", name="hemangioma")).to_be_checked()
    expect(first.locator(".confidence")).to_have_text("30 %")
    expect(second.locator(".status")).to_contain_text("Draft saved")
    first.close()
    second.reload()
    wait_until_painted(second)
    expect(second.get_by_role("radio", name="hemangioma")).to_be_checked()
    draft = assignment(app.store, account_named(app.store, "anna").id, app.codes("anna")[0]).draft
    assert draft is not None
    assert (draft["lesion_class"], draft["malignancy"]) == (1, 30)


def test_a_missing_network_shows_before_anything_is_sent(app: App, reading_room: Enter) -> None:
    page = reading_room()
    page.context.set_offline(True)
    expect(page.locator(".status")).to_contain_text("No connection")
    press(page, "6", "Shift+Digit9")
    page.context.set_offline(False)
    expect(page.locator(".status")).to_contain_text("Draft saved")
    draft = assignment(app.store, account_named(app.store, "anna").id, app.codes("anna")[0]).draft
    assert draft is not None
    assert (draft["lesion_class"], draft["malignancy"]) == (5, 90)


def test_what_was_looked_at_is_recorded(app: App, reading_room: Enter) -> None:
    page = reading_room()
    press(page, "ArrowRight", "ArrowDown", "F4", "m", "m", "p", "p", "5", "Shift+Digit8", "Enter")
    wait_until_painted(page, "Case 2 of 5")
    seen = interactions(app.store)
    while (seen.event == "a").sum() < 2:  # the last part is sent when the case is left
        page.wait_for_timeout(100)
        seen = interactions(app.store)
    assert set(seen.case_id) == {assignment(app.store, 1, app.codes("anna")[0]).case_id}
    assert seen.event.tolist()[-6:] == ["m", "m", "p", "p", "a", "a"]
    scrolled = seen[(seen.event == "k") & (seen.series == 1)]
    assert scrolled.a.tolist()[-1] == 8
    assert (seen.event == "w").sum() >= 12
    assert seen.seconds.is_monotonic_increasing


def test_every_text_holds_aa_in_every_state(reading_room: Enter) -> None:
    page = reading_room()
    states: list[tuple[str, ...]] = [(), ("5", "Shift+Digit2"), ("?",), ("?", "p"), ("p", "o", "d", "x")]
    for keys in states:
        press(page, *keys)
        texts = page.locator(".frame").evaluate(CONTRAST)
        assert len(texts) > 30
        assert [(text, ratio) for text, ratio in texts if ratio < 4.5] == []
