"""A mark in a figure, and a count in a table, open the cases they stand for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dls.study.accounts import account_named
from dls.study.reading import Entry, sign, worklist
from tests.browser.conftest import App

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]


@pytest.fixture
def misread(app: App) -> None:
    """Anna signs every case: the cyst as a hemangioma, the others as what they are."""
    reader = account_named(app.store, "anna").id
    truth = app.store.cases()["lesion_class"]
    for own in worklist(app.store, reader):
        called = 1 if truth[own.case_id] == 0 else int(truth[own.case_id])
        sign(app.store, reader, own.code, Entry(called, 50, active_seconds=1, wall_seconds=1))


@pytest.mark.usefixtures("misread")
def test_a_cell_of_a_confusion_matrix_opens_its_cases(signed_in: SignIn) -> None:
    page = signed_in("ines")
    page.goto("/agreement")
    wrong = page.locator(".js-plotly-plot .scatterlayer text", has_text="1").nth(0)
    wrong.wait_for()
    box = wrong.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("heading", name="1 of 5 cases")).to_be_visible()
    expect(page.get_by_text("truth: cyst; Anna called hemangioma")).to_be_visible()


@pytest.mark.usefixtures("misread")
def test_a_count_of_a_table_opens_the_errors(signed_in: SignIn) -> None:
    page = signed_in("ines")
    page.goto("/agreement")
    page.get_by_role("link", name="4/5").first.click()
    expect(page.get_by_role("heading", name="1 of 5 cases")).to_be_visible()
    expect(page.get_by_text("seven-way: Anna wrong")).to_be_visible()
