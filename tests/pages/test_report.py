from __future__ import annotations

from dls.study.store import Store
from tests.analysis.tiny_store import tiny_store
from tests.pages.conftest import OpenPage


def test_one_click_makes_the_report_and_offers_its_forms(open_page: OpenPage, study_store: Store) -> None:
    page = open_page("report")
    assert not page.get("download_button")
    page.button[0].click().run()
    assert not page.exception, page.exception[0].stack_trace
    assert "10 figures and 15 tables" in page.success[0].value
    assert "21 of 23 readings simulated" in page.success[0].value
    labels = [button.proto.label for button in page.get("download_button")]
    assert [label.split(",")[0] for label in labels] == ["Everything (ZIP)", "Word", "PDF", "HTML"]
    with study_store.read() as connection:
        looks = connection.execute("SELECT detail FROM audit WHERE action = 'results.look'").fetchall()
    assert [row["detail"] for row in looks] == ['{"page":"Report","study":1}']


def test_a_blinded_investigator_cannot_make_it(open_page: OpenPage, study_store: Store) -> None:
    study_store.path.unlink()
    tiny_store(study_store.path, unblinded=False)
    page = open_page("report")
    assert "until every reading is signed" in page.info[0].value
    assert not page.button


def test_a_reader_is_turned_away(open_page: OpenPage) -> None:
    page = open_page("report", who=("reader1", "a-long-password"))
    assert "you are signed in as reader" in page.error[0].value
    assert not page.button
