"""The models' opinion in the reading room: after the unaided reading; then the second reading."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from dls.domain import LesionClass
from dls.study.accounts import account_named
from dls.study.interaction import interactions
from dls.study.reading import Entry, assignment, sign, worklist
from dls.study.sessions import override_washout
from tests.browser.conftest import App, wait_until_painted
from tests.browser.sessions.conftest import CASES, SHOWN, model_scores

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]


@pytest.fixture
def second_session(app: App, signed_in: SignIn) -> Page:
    """Ben, who has signed session 1 and whose washout was overridden, at the first case of session 2."""
    ben, ines = (account_named(app.store, name).id for name in ("ben", "ines"))
    for one in worklist(app.store, ben):
        if one.session == 1:
            sign(app.store, ben, one.code, Entry(LesionClass(one.case_id % 7), 50))
    override_washout(app.store, ben, 2, "a test", ines)
    page = signed_in("ben")
    page.get_by_role("button", name="Read the first case").click()
    wait_until_painted(page, f"Case 1 of {CASES} ")
    return page


def code_of(page: Page) -> str:
    code = page.locator(".frame").get_attribute("data-code")
    assert code is not None
    return code


def test_the_opinion_comes_after_the_unaided_reading(app: App, second_session: Page) -> None:
    page, ben = second_session, account_named(app.store, "ben").id
    code = code_of(page)
    opinion = page.get_by_label("The models' opinion")
    expect(opinion).to_be_hidden()
    expect(page.get_by_role("button", name="Sign 1 of 2")).to_be_visible()
    assert page.request.post(f"/opinions/{code}", headers={"x-dls-request": "1"}).status == 404
    assert page.request.get(f"/opinions/{code}/A/t2").status == 404
    page.keyboard.press("s")
    for key in ("5", "Shift+Digit8", "Enter"):
        page.keyboard.press(key)
    expect(opinion).to_be_visible()
    assert code_of(page) == code
    case_id = assignment(app.store, ben, code).case_id
    scores = model_scores("D")[case_id - 1]
    called = ("benign", "malignant")[int(scores.argmax())]
    expect(opinion).to_contain_text(f"Model D: {called}")
    expect(opinion).to_contain_text(f"{called} {round(scores.max() * 100)} %")
    expect(opinion).to_contain_text("Model A: ")
    expect(opinion).to_contain_text("You, unaided: HCC, 80 %")
    expect(page.get_by_role("radio", name="HCC")).to_be_checked()

    for key in ("2", "Shift+Digit3"):
        page.keyboard.press(key)
    expect(page.locator(".status")).to_contain_text("Draft saved")
    page.reload()
    wait_until_painted(page, f"Case 1 of {CASES} ")
    expect(opinion).to_contain_text("You, unaided: HCC, 80 %")
    expect(page.get_by_role("radio", name="hemangioma")).to_be_checked()
    page.get_by_role("button", name="Sign 2 of 2").click()
    wait_until_painted(page, f"Case 2 of {CASES} ")
    expect(opinion).to_be_hidden()
    kept = app.store.readings().query("session == 2").sort_values("stage")
    assert kept[["stage", "lesion_class", "malignancy"]].to_numpy().tolist() == [[1, 4, 80], [2, 1, 30]]
    assert set(interactions(app.store).query("session == 2").stage) == {1, 2}


def test_saliency_is_laid_over_and_taken_away(app: App, second_session: Page) -> None:
    page = second_session
    asked: list[str] = []

    def saliency(route: Route) -> None:
        asked.append(route.request.url)
        voxels = 12 if route.request.url.endswith(("t2", "dwi")) else 28
        route.fulfill(body=np.full(voxels * 24 * 18, 200, np.uint8).tobytes())

    page.route("**/opinions/*/*/*", saliency)
    for key in ("5", "Shift+Digit8", "Enter"):
        page.keyboard.press(key)
    page.get_by_label("The models' opinion").wait_for()
    laid = "e => e.viewer.tiles.map(tile => tile.saliency !== null)"
    page.keyboard.press("s")
    expect(page.get_by_role("button", name=f"Saliency {SHOWN[0]}")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(
        "e => e.viewer.tiles.every(tile => tile.saliency !== null)",
        arg=page.locator(".viewer").element_handle(),
    )
    page.keyboard.press("s")
    page.wait_for_function(
        "e => e.viewer.tiles.filter(tile => tile.saliency !== null).length === 3",
        arg=page.locator(".viewer").element_handle(),
    )
    page.keyboard.press("s")
    assert page.locator(".viewer").evaluate(laid) == [False] * 6
    assert {url.split("/")[-2] for url in asked} == set(SHOWN)


def test_an_opinion_that_does_not_come_keeps_the_stage_open(app: App, second_session: Page) -> None:
    page = second_session
    page.route("**/opinions/*", lambda route: route.abort("internetdisconnected"))
    for key in ("5", "Shift+Digit8", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".status")).to_contain_text("No connection to the server")
    page.keyboard.press("Enter")
    expect(page.locator(".hint")).to_have_text("The models' opinion is still on its way.")
    assert app.store.readings().query("session == 2").stage.tolist() == [1]
    page.unroute("**/opinions/*")
    expect(page.get_by_label("The models' opinion")).to_be_visible()
