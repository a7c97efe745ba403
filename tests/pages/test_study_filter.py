"""The filter in the address of the results pages."""

import pytest
from streamlit.testing.v1 import AppTest

from dls.study.accounts import sign_in
from dls.study.store import Store
from dls.ui import session
from tests.analysis.tiny_store import INVESTIGATOR
from tests.pages.conftest import PAGES, OpenPage
from tests.pages.test_accuracy import text

FILTERED = ["overview", "accuracy", "agreement", "cases", "feature_map", "published_results", "aided"]
HALF = "Part of the study (vendor 2, 3 T): 6 of 12 cases"


@pytest.mark.parametrize("page", FILTERED)
def test_every_results_page_shows_the_part_of_the_address(page: str, open_page: OpenPage) -> None:
    shown = open_page(page, scanner="vendor 2, 3 T")
    assert HALF in shown.info[0].value
    next(b for b in shown.button if b.label == "Clear filter").click().run()
    assert not any("Part of the study" in info.value for info in shown.info)
    assert "scanner" not in shown.query_params


@pytest.mark.parametrize("page", FILTERED)
def test_a_bad_filter_says_why(page: str, open_page: OpenPage) -> None:
    assert "Unknown lesion class" in open_page(page, **{"class": "abscess"}).error[0].value
    assert "no such scanner" in open_page(page, scanner="vendor 9").error[0].value
    assert "no such session" in open_page(page, session="7").error[0].value


def test_tables_figures_and_counts_say_of_which_part_they_are(open_page: OpenPage) -> None:
    page = open_page("agreement", scanner="vendor 2, 3 T")
    assert HALF in text(page)
    assert HALF in page.get("plotly_chart")[0].proto.spec
    assert "cases?scanner=vendor+2%2C+3+T&amp;task=seven-way" in text(page)
    assert page.get("download_button")[0].proto.label == "CSV"
    whole = open_page("agreement")
    assert "Part of the study" not in text(whole)


def test_a_selection_of_cases_lies_within_the_filter(open_page: OpenPage) -> None:
    page = open_page("cases", where="B:wrong", scanner="vendor 2, 3 T")
    assert page.subheader[0].value == "0 of 6 cases"
    page.selectbox[0].select("benign/malignant").run()
    assert page.query_params["scanner"] == "vendor 2, 3 T"


def test_an_empty_part_says_what_to_do(open_page: OpenPage) -> None:
    page = open_page("accuracy", size="500-")
    assert "No case of the study is left" in page.warning[0].value
    assert not page.get("plotly_chart")


def test_the_form_changes_the_address(open_page: OpenPage) -> None:
    page = open_page("accuracy")
    page.multiselect[0].select("HCC")
    next(b for b in page.button if b.label == "Show these").click().run()
    assert page.query_params["class"] == "HCC"
    assert "3 of 12 cases" in page.info[0].value


def test_the_filter_comes_along_to_another_page(study_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    token = sign_in(study_store, *INVESTIGATOR)
    monkeypatch.setattr(session, "token", lambda: token)
    app = AppTest.from_file(str(PAGES.parent / "router.py"), default_timeout=120).run()
    app.query_params["class"] = "HCC"
    app.run()
    assert "3 of 12 cases" in app.info[0].value
    app.query_params.clear()  # as the links of the sidebar do
    app.switch_page("pages/accuracy.py").run()
    assert app.query_params["class"] == "HCC"
    assert "(HCC): 3 of 12 cases" in app.info[0].value
    app.switch_page("pages/report.py").run()
    assert "the whole study" in app.caption[0].value
