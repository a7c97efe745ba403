"""The Readers page over a study in which two readers answered without and with the model's opinion."""

from pathlib import Path

import pytest

from dls.study.accounts import Role, add_account
from dls.study.database import CHEAP_PASSWORDS
from dls.study.store import Store
from tests.analysis.test_aided import SEQUENTIAL, read_study
from tests.analysis.tiny_store import INVESTIGATOR
from tests.pages.conftest import OpenPage
from tests.pages.test_accuracy import text


@pytest.fixture
def study_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("DLS_HOME", str(tmp_path))
    read = read_study(tmp_path / "study.db", *SEQUENTIAL)
    store = Store(read.path, password_cost=CHEAP_PASSWORDS)  # with the clock of the application
    add_account(store, INVESTIGATOR[0], "Investigator", Role.INVESTIGATOR, INVESTIGATOR[1])
    return store


def test_a_study_with_two_conditions_is_a_pilot_for_the_next(open_page: OpenPage) -> None:
    page = open_page("readers")
    shown = text(page)
    assert "areas for malignancy under each condition" in shown
    assert "to find a difference of 0.05 between two areas" in shown
    page.number_input(key="effect").set_value(0.2).run()
    assert not page.exception
    assert "to find a difference of 0.2 between two areas" in text(page)


def test_the_model_is_met_at_the_readers_specificity(open_page: OpenPage) -> None:
    assert "mean specificity for malignancy" in text(open_page("readers"))
