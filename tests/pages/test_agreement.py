from tests.pages.conftest import OpenPage
from tests.pages.test_accuracy import text


def test_table_4_and_agreement_between_readers(open_page: OpenPage) -> None:
    shown = text(open_page("agreement"))
    assert "83.3 (51.6–97.9)" in shown
    assert "All 2 readers (Fleiss)" in shown


def test_two_matrices_of_a_task_can_be_chosen(open_page: OpenPage) -> None:
    page = open_page("agreement", classification="benign/malignant", left="Model D")
    assert page.selectbox(key="left").value == "Model D"
    assert "12 of 12 right" in page.get("plotly_chart")[0].proto.spec
