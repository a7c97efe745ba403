"""The consensus room: readers who differ decide together, by keyboard, on the same images."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from dls.domain import LesionClass
from dls.study.accounts import Role, account_named, add_account
from dls.study.audit import verify
from dls.study.consensus_record import record, rereads
from dls.study.order import assign
from dls.study.protocol import amend, protocol
from dls.study.reading import Entry, sign, worklist
from tests.browser.conftest import VIEWPORT, App, wait_until_painted
from tests.ui.reading_study import PASSWORD

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]

ANSWERS = {1: (4, 1), 2: (0, 5), 3: (2, 2)}
"""What Anna and Ben call each of three cases; the third waits for nobody."""


@pytest.fixture
def disputed(app: App) -> None:
    for number, name in enumerate(("anna", "ben")):
        reader = account_named(app.store, name).id
        for own in worklist(app.store, reader):
            if own.case_id in ANSWERS:
                called = LesionClass(ANSWERS[own.case_id][number])
                sign(app.store, reader, own.code, Entry(called, 60, active_seconds=1, wall_seconds=1))


@pytest.fixture
def consensus_list(disputed: None, signed_in: SignIn) -> SignIn:
    def enter(name: str) -> Page:
        page = signed_in(name)
        page.get_by_role("link", name="Consensus").click()
        expect(page.get_by_role("heading", name="2 cases wait for a decision")).to_be_visible()
        return page

    return enter


def enter_room(page: Page) -> None:
    page.get_by_role("button", name="Decide").first.click()
    wait_until_painted(page, "Consensus, 2 to decide")


def test_two_cases_are_decided_by_keyboard(app: App, consensus_list: SignIn) -> None:
    page = consensus_list("ben")
    expect(page.get_by_text("hemangioma · HCC")).to_be_visible()
    enter_room(page)
    expect(page.locator(".answers li")).to_have_text(["hemangioma", "HCC"])
    page.keyboard.press("c")
    page.keyboard.type("washout, 1 rim")
    page.keyboard.press("Enter")
    assert app.store.consensus().case_id.tolist() == [3]
    for key in ("ArrowDown", "5", "Enter"):
        page.keyboard.press(key)
    wait_until_painted(page, "Consensus, 1 to decide")
    expect(page.locator(".answers li")).to_have_text(["cyst", "metastatic malignancy"])
    expect(page.get_by_label("Reason of the decision")).to_have_value("")
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No case waits for a decision.")).to_be_visible()
    decided = app.store.consensus().set_index("case_id")
    assert decided.lesion_class.to_dict() == {1: 4, 2: 0, 3: 2}
    assert decided["mode"].to_dict() == {1: "joint", 2: "joint", 3: "unanimous"}
    assert reasons(app) == {1: "washout, 1 rim", 2: "", 3: ""}
    assert len(app.store.readings(revisions=True)) == 6


def test_enter_decides_only_when_a_class_is_chosen(app: App, consensus_list: SignIn) -> None:
    page = consensus_list("anna")
    enter_room(page)
    page.keyboard.press("Enter")
    expect(page.locator(".status")).to_have_text("Still needed: class (1–7).")
    page.get_by_role("button", name="Back to the list").click()
    expect(page.get_by_role("heading", name="2 cases wait for a decision")).to_be_visible()
    assert app.store.consensus().case_id.tolist() == [3]


def test_what_one_reader_decided_brings_the_others_to_the_next_case(app: App, consensus_list: SignIn) -> None:
    anna, ben = consensus_list("anna"), consensus_list("ben")
    enter_room(anna)
    enter_room(ben)
    for key in ("5", "Enter"):
        ben.keyboard.press(key)
    for page in (ben, anna):
        wait_until_painted(page, "Consensus, 1 to decide")
        expect(page.locator(".answers li")).to_have_text(["cyst", "metastatic malignancy"])
    expect(anna.locator(".status")).to_have_text("Decided: HCC")
    assert app.store.consensus().set_index("case_id").lesion_class.to_dict() == {1: 4, 3: 2}


def test_three_browsers_read_again_before_they_see_the_answers(
    app: App, disputed: None, signed_in: SignIn
) -> None:
    cleo = add_account(app.store, "cleo", "Cleo", Role.READER, PASSWORD).id
    plan = protocol(app.store)
    amend(app.store, replace(plan, readers=(*plan.readers, cleo), consensus_reread=True), "a third reader")
    assign(app.store)
    for own in worklist(app.store, cleo):
        if own.case_id == 1:
            sign(app.store, cleo, own.code, Entry(LesionClass.CYST, 5, active_seconds=1, wall_seconds=1))
    pages = {name: signed_in(name) for name in ("anna", "ben", "cleo")}
    for page in pages.values():
        page.get_by_role("link", name="Consensus").click()
        expect(page.get_by_text("to be read again")).to_be_visible()
        page.get_by_role("button", name="Read again").click()
        wait_until_painted(page, "Consensus, 1 to decide")
        expect(page.get_by_text("Read it again on your own")).to_be_visible()
    expect(pages["anna"].get_by_text("3 of you are at this case")).to_be_visible()
    for name, key in (("anna", "5"), ("ben", "6")):
        pages[name].keyboard.press(key)
        pages[name].keyboard.press("Enter")
        expect(pages[name].get_by_text("have read it again; the answers appear")).to_be_visible()
    for page in pages.values():
        expect(page.locator(".answers li")).to_have_count(0)
    pages["cleo"].keyboard.press("5")
    pages["cleo"].keyboard.press("Enter")
    for page in pages.values():
        expect(page.locator(".answers.again li")).to_have_text(["HCC", "HCC", "metastatic malignancy"])
        expect(page.locator(".answers li").first).to_have_text("cyst")
        bottom = page.get_by_label("Reason of the decision").bounding_box()
        assert bottom is not None
        assert bottom["y"] + bottom["height"] <= VIEWPORT["height"]
    for key in ("5", "Enter"):
        pages["ben"].keyboard.press(key)
    for page in pages.values():
        expect(page.get_by_text("No case waits for a decision.")).to_be_visible()
    (row,) = record(app.store).query("mode == 'joint'").to_dict("records")
    assert (row["lesion_class"], row["decided_by"], row["seconds"] > 0) == (4, "Ben", True)
    assert rereads(app.store)[["reader", "lesion_class"]].values.tolist() == [
        ["Anna", 4],
        ["Ben", 5],
        ["Cleo", 4],
    ]
    assert verify(app.store).ok


def test_a_decision_changes_the_investigators_consensus(signed_in: SignIn, consensus_list: SignIn) -> None:
    investigator = signed_in("ines")
    investigator.goto("/cases?case=1")
    expect(investigator.get_by_role("row", name="Anna")).to_be_visible()
    expect(investigator.get_by_role("row", name="Consensus")).to_have_count(0)
    page = consensus_list("ben")
    enter_room(page)
    for key in ("5", "Enter"):
        page.keyboard.press(key)
    expect(investigator.get_by_role("row", name="Consensus")).to_contain_text("HCC")


def reasons(app: App) -> dict[int, str]:
    with closing(sqlite3.connect(app.store.path)) as study:
        return dict(study.execute("SELECT case_id, reason FROM consensus"))
