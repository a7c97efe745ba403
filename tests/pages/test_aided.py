"""Pages of a study whose readers are shown the model's opinion."""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from dls.study.accounts import add_account
from dls.study.database import CHEAP_PASSWORDS
from dls.study.protocol import SessionPlan
from dls.study.store import Store
from tests.analysis.test_aided import SEQUENTIAL, read_study
from tests.analysis.tiny_store import INVESTIGATOR
from tests.pages.conftest import OpenPage
from tests.pages.test_accuracy import text
from tests.study.tiny_study import PASSWORD

WITH = "Part of the study (readings with the model's opinion, consensus without it): 14 of 14 cases"


@pytest.fixture
def study_store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A sequential study, read by two readers, or one of the sessions of an indirect parameter."""
    monkeypatch.setenv("DLS_HOME", str(tmp_path))
    read_study(tmp_path / "study.db", *getattr(request, "param", SEQUENTIAL))
    store = Store(tmp_path / "study.db", password_cost=CHEAP_PASSWORDS)
    add_account(store, INVESTIGATOR[0], "Investigator", "investigator", INVESTIGATOR[1])
    return store


@pytest.mark.parametrize("page", ["overview", "accuracy", "agreement", "cases", "readers", "subgroups"])
def test_every_page_says_that_its_readings_are_with_the_model(page: str, open_page: OpenPage) -> None:
    assert open_page(page, opinion="shown").info[0].value == f"{WITH}."
    assert all("Part of the study" not in info.value for info in open_page(page).info)


def test_answers_are_of_the_condition_of_the_filter(open_page: OpenPage, study_store: Store) -> None:
    rows = study_store.readings().query("reader == 'Reader 1'")
    truth = study_store.cases()["lesion_class"]
    right = {
        stage: [truth[row.case_id] == row.lesion_class for row in own.sort_values("case_id").itertuples()]
        for stage, own in rows.groupby("stage")
    }
    assert right[1] != right[2]
    for stage, query in ((1, {}), (2, {"opinion": "shown"})):
        listed = open_page("cases", **query).dataframe[0].value
        assert (listed["Reader 1"] == "✓").tolist() == right[stage]


def test_tables_name_the_condition_and_their_counts_stay_in_it(open_page: OpenPage) -> None:
    shown = text(open_page("agreement", opinion="shown"))
    assert escape(WITH) in shown
    assert "opinion=shown&amp;task=seven-way" in shown


def test_the_filter_asks_for_the_condition(open_page: OpenPage) -> None:
    page = open_page("accuracy")
    next(s for s in page.selectbox if s.label == "Readings").select_index(1)
    next(b for b in page.button if b.label == "Show these").click().run()
    assert page.query_params["opinion"] == "shown"
    assert page.info[0].value == f"{WITH}."


def test_the_comparison_of_conditions_is_of_no_one_of_them(open_page: OpenPage) -> None:
    page = open_page("aided", opinion="shown")
    assert page.info[0].value == f"{WITH}."
    assert "Part of the study" not in text(page)
    within = open_page("aided", opinion="shown", size="25-")
    assert "Part of the study (from 25 mm): 10 of 14 cases" in text(within)


@pytest.mark.parametrize("query", [{}, {"opinion": "shown"}])
def test_a_dossier_has_both_readings_and_what_was_shown(open_page: OpenPage, query: dict[str, str]) -> None:
    shown = unescape(text(open_page("cases", case="3", **query)))
    assert ">Reader 1</th>" in shown
    assert ">Reader 1, with the model</th>" in shown
    assert "Shown to Reader 1, Reader 2: model D called it malignant (malignant 0.70, benign 0.30)" in shown


@pytest.mark.parametrize("page", ["cases", "aided", "agreement"])
def test_a_reader_is_told_nothing_of_it(page: str, open_page: OpenPage) -> None:
    shown = open_page(page, who=("reader1", PASSWORD), case="3", opinion="shown")
    said = text(shown) + " ".join(
        e.value for e in (*shown.caption, *shown.info, *shown.warning, *shown.error)
    )
    assert said.strip()
    for told in ("Reader 1", "Reader 2", "model", "14 cases"):
        assert told not in said


def test_counts_open_their_cases(open_page: OpenPage) -> None:
    shown = unescape(text(open_page("aided")))
    links = re.findall(r"right only with</th><td><a href='cases\?(.*?)' target='_self'>(\d+)</a>", shown)
    (address, count), *_ = links
    page = open_page("cases", **parse_qs(address))
    assert page.subheader[0].value == f"{count} of 14 cases"
    assert "Reader 1 right only with the model" in page.caption[1].value


@pytest.mark.parametrize("study_store", [(SessionPlan(),)], indirect=True)
def test_a_study_without_the_opinion_does_not_offer_it(open_page: OpenPage) -> None:
    assert "Readings" not in [s.label for s in open_page("accuracy").selectbox]
    assert "not shown the model's opinion" in open_page("accuracy", opinion="shown").error[0].value


@pytest.mark.parametrize(
    "study_store", [(SessionPlan(1, "Without"), SessionPlan(2, "With", "aided"))], indirect=True
)
def test_a_session_with_the_opinion_alone_says_where_its_readings_are(open_page: OpenPage) -> None:
    assert "With was read with the model's opinion only" in open_page("accuracy", session="2").info[1].value
    assert len(open_page("accuracy", session="2", opinion="shown").info) == 1
