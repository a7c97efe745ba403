from dataclasses import replace

import pytest

from dls.study.audit import trail
from dls.study.protocol import amend, protocol
from dls.study.store import Store
from tests.pages.conftest import OpenPage
from tests.pages.test_accuracy import text


def test_overview_counts_cases_and_progress(open_page: OpenPage) -> None:
    page = open_page("overview")
    assert "12 cases, 6 malignant" in text(page)
    assert "Reader 1: 11 of 12 signed, 10 of them simulated" in page.get("progress")[0].proto.text


@pytest.mark.parametrize(("policy", "told"), [("closed", "keeps results"), ("with reason", "why you look")])
def test_cases_chosen_by_answers_are_results(
    open_page: OpenPage, study_store: Store, policy: str, told: str
) -> None:
    plan = replace(protocol(study_store), investigator_unblinded=False, interim_looks=policy)
    amend(study_store, plan, "blinded")
    assert "12 cases, 6 malignant" in text(open_page("overview", reader="2"))
    page = open_page("overview", confidence="50-100", reader="2")
    assert told in page.info[0].value
    assert "by what readers answered" in page.warning[0].value
    assert "cases" not in text(page)
    assert not page.get("progress")
    assert not [entry for entry in trail(study_store) if entry["action"] == "results.look"]
    next(b for b in page.button if b.label == "Clear filter").click()
    page.run()
    assert "12 cases, 6 malignant" in text(page)


def test_a_choice_by_answers_is_a_look_that_is_recorded(open_page: OpenPage, study_store: Store) -> None:
    assert "Part of the study" in open_page("overview", confidence="50-100").info[0].value
    looks = [entry for entry in trail(study_store) if entry["action"] == "results.look"]
    assert "Overview" in str(looks[-1]["detail"])
