import pytest

from dls.analysis.dataset import load
from dls.study.store import Store
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


def test_readers_are_not_compared_with_themselves_where_nothing_was_read_twice(open_page: OpenPage) -> None:
    assert "Agreement of readers with themselves" not in text(open_page("agreement"))


@pytest.mark.parametrize("study_store", [{"hidden_repeats": 4}], indirect=True)
def test_readers_are_compared_with_themselves_where_repeats_are_hidden(
    study_store: Store, open_page: OpenPage
) -> None:
    data = load(study_store)
    twice = data.repeats[data.repeats["reader_id"] == 2]
    first = data.readings[data.readings["reader_id"] == 2].set_index("case_id")["lesion_class"]
    same = int((first.loc[twice["case_id"]].to_numpy() == twice["lesion_class"].to_numpy()).sum())
    shown = text(open_page("agreement"))
    assert "Agreement of readers with themselves" in shown
    assert f"{same}/{len(twice)}" in shown
