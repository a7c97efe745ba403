"""A study without a case yet: every page says so, and how to go on."""

from pathlib import Path

import pytest

from dls.study.accounts import Role, add_account
from dls.study.database import CHEAP_PASSWORDS
from dls.study.protocol import Protocol, create_study
from dls.study.store import Store
from tests.analysis.tiny_store import INVESTIGATOR
from tests.pages.conftest import OpenPage

READER = ("anna", "a-long-password")
PAGES = "overview cases accuracy agreement disagreements readers calibration subgroups feature_map report"


@pytest.fixture
def study_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("DLS_HOME", str(tmp_path))
    store = Store(tmp_path / "study.db", password_cost=CHEAP_PASSWORDS)
    add_account(store, INVESTIGATOR[0], "Investigator", Role.INVESTIGATOR, INVESTIGATOR[1])
    reader = add_account(store, READER[0], "Anna", Role.READER, READER[1]).id
    create_study(store, "Empty study", Protocol(readers=(reader,), investigator_unblinded=True))
    return store


@pytest.mark.parametrize("name", [*PAGES.split(), "lesion_outline"])
def test_the_page_says_how_cases_come(open_page: OpenPage, name: str) -> None:
    said = [info.value for info in open_page(name).info]
    assert "The study has no cases yet: the Import page adds them." in said


def test_no_reader_is_thanked_for_nothing(open_page: OpenPage) -> None:
    page = open_page("worklist", who=READER)
    assert not page.success
    assert "No case is yours to read yet" in page.info[0].value
