import pytest

from dls.study.audit import verify
from dls.study.store import Store
from tests.analysis.tiny_store import tiny_store
from tests.pages.conftest import OpenPage


def text(page) -> str:
    return " ".join(html.proto.body for html in page.get("html"))


def test_table_1_is_shown_with_its_counts_and_the_simulated_readings(open_page: OpenPage) -> None:
    shown = text(open_page("accuracy"))
    assert "Table 1. Models A, B against reader consensus" in shown
    assert "66.7 (9.4–99.2)" in shown
    assert "21 of 23 readings simulated" in shown


def test_another_task_and_comparator(open_page: OpenPage) -> None:
    page = open_page("accuracy", classification="malignant three-way", against="Reader 2")
    shown = text(page)
    assert "Table 3. Models E, F, G against reader 2" in shown
    assert "counted as wrong" in shown
    page.selectbox(key="benign").select_index(1).run()
    assert "left out, as in the paper" in text(page)


def test_a_look_before_the_last_reading_is_written_once(open_page: OpenPage, study_store: Store) -> None:
    page = open_page("accuracy")
    page.run()
    with study_store.read() as connection:
        looks = connection.execute("SELECT detail FROM audit WHERE action = 'results.look'").fetchall()
    assert [row["detail"] for row in looks] == ['{"page":"Accuracy","study":1}']
    assert verify(study_store).ok


@pytest.mark.parametrize("page", ["accuracy", "agreement", "feature_map", "cases"])
def test_a_blinded_investigator_sees_progress_and_no_results(
    page: str, open_page: OpenPage, study_store: Store
) -> None:
    study_store.path.unlink()
    tiny_store(study_store.path, unblinded=False)
    shown = open_page(page)
    assert "until every reading is signed" in shown.info[0].value
    assert not shown.get("plotly_chart")
    assert "12 cases, 6 malignant" in text(open_page("overview"))


@pytest.mark.parametrize("page", ["overview", "accuracy", "agreement", "feature_map", "cases"])
def test_a_reader_is_turned_away(page: str, open_page: OpenPage) -> None:
    shown = open_page(page, who=("reader1", "a-long-password"))
    assert "you are signed in as reader" in shown.error[0].value
    assert not shown.title


@pytest.mark.parametrize("study_store", [{"one_patient": (8, 9)}], indirect=True)
@pytest.mark.parametrize("page", ["accuracy", "agreement"])
def test_tables_say_that_a_patient_has_several_cases(page: str, open_page: OpenPage) -> None:
    said = "1 patient has more than one case; intervals and tests take cases as independent."
    assert said in text(open_page(page))
