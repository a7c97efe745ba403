"""The readers' pages, started from the router."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dls.domain import LesionClass
from dls.study.accounts import account_named, add_account, sign_out
from dls.study.protocol import amend, protocol
from dls.study.reading import Entry, OutsideReading, add_simulated, sign, worklist
from dls.study.reread import sign_reread
from dls.study.store import Store
from dls.ui import session
from tests.ui.conftest import OpenPage
from tests.ui.reading_study import PASSWORD

Codes = Callable[[str], list[str]]


def answer(called: int) -> Entry:
    return Entry(called, 80.0 if called >= 4 else 20.0, active_seconds=1, wall_seconds=1)


def test_the_worklist_opens_after_sign_in(open_page: OpenPage) -> None:
    app = open_page(None)
    assert app.title[0].value == "Worklist"
    assert app.subheader[0].value == "Session 1"
    assert app.button[0].label == "Read the first case"


def test_the_worklist_counts_simulated_readings_apart(open_page: OpenPage, study_store: Store) -> None:
    anna = account_named(study_store, "anna").id
    own = worklist(study_store, anna)
    add_simulated(study_store, [OutsideReading(anna, own[0].case_id, answer(1))])
    sign(study_store, anna, own[1].code, answer(4))
    app = open_page("worklist")
    assert "1 of the signed readings are simulated" in app.caption[1].value
    assert app.button[0].label == "Read the next case"


def test_a_finished_worklist_says_so(open_page: OpenPage, study_store: Store, codes: Codes) -> None:
    for code in codes("anna"):
        sign(study_store, account_named(study_store, "anna").id, code, answer(0))
    app = open_page("worklist")
    assert not app.button
    assert "All cases of this session are signed" in app.success[0].value


def test_the_button_leads_to_the_reading_room(open_page: OpenPage, codes: Codes) -> None:
    app = open_page("worklist")
    app.button[0].click().run()
    assert app.query_params["case"] == codes("anna")[0]
    assert not app.exception


def test_the_consensus_page_lists_what_the_readers_dispute(open_page: OpenPage, study_store: Store) -> None:
    assert "No case waits" in open_page("consensus").success[0].value
    wanted = worklist(study_store, 1)[0].case_id
    for reader, called in ((1, 4), (2, 1)):
        code = next(a.code for a in worklist(study_store, reader) if a.case_id == wanted)
        sign(study_store, reader, code, answer(called))
    app = open_page("consensus")
    assert app.subheader[0].value == "1 case waits for a decision"
    assert "hemangioma · HCC" in app.markdown[0].value


def test_a_case_to_be_read_again_is_listed_without_answers(open_page: OpenPage, study_store: Store) -> None:
    senior = add_account(study_store, "senior", "Senior", "reader", PASSWORD).id
    plan = replace(
        protocol(study_store),
        consensus_mode="adjudicator",
        consensus_reread=True,
        adjudicators=(senior,),
    )
    amend(study_store, plan, "read again, then adjudicated")
    wanted = worklist(study_store, 1)[0].case_id
    codes = [next(a.code for a in worklist(study_store, r) if a.case_id == wanted) for r in (1, 2)]
    for reader, called in ((1, 4), (2, 1)):
        sign(study_store, reader, codes[reader - 1], answer(called))
    app = open_page("consensus")
    assert app.markdown[0].value == "**1** · to be read again"
    assert app.button[0].label == "Read again"
    assert "You decide where its readers differ" in open_page("worklist", who="senior").info[0].value
    assert "No case waits" in open_page("consensus", who="senior").success[0].value
    for reader, called in ((1, 5), (2, 1)):
        sign_reread(study_store, reader, codes[reader - 1], LesionClass(called))
    assert "No case waits" in open_page("consensus").success[0].value
    app = open_page("consensus", who="senior")
    assert app.markdown[0].value == "**1** · hemangioma · metastatic malignancy"
    assert app.button[0].label == "Decide"


@pytest.mark.parametrize("page", ["worklist", "reading_room", "consensus"])
def test_readers_pages_are_not_for_investigators(open_page: OpenPage, page: str) -> None:
    with pytest.raises(ValueError, match="registered"):
        open_page(page, who="ines")


@pytest.mark.parametrize("page", ["overview", "accuracy", "cases"])
def test_investigators_pages_are_not_for_readers(open_page: OpenPage, page: str) -> None:
    with pytest.raises(ValueError, match="registered"):
        open_page(page, who="anna")


def test_a_session_that_has_ended_shows_the_way_in(open_page: OpenPage, study_store: Store) -> None:
    app = open_page("worklist")
    sign_out(study_store, session.token())
    app.run()
    assert "Sign in again" in app.error[0].value
    assert not app.button
