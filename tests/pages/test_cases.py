from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage
from tests.pages.test_accuracy import text


def box(page: AppTest, label: str):
    return next(b for b in page.selectbox if b.label == label)


def test_the_cases_of_an_address(open_page: OpenPage) -> None:
    page = open_page("cases", task="seven-way", where=["A:wrong", "consensus:right"])
    assert page.subheader[0].value == "2 of 12 cases"
    listed = page.dataframe[0].value
    assert listed["Case"].tolist() == ["T-05", "T-09"]
    assert listed["Model A"].tolist() == ["cyst", "metastasis"]
    assert listed["Reader consensus"].tolist() == ["✓", "✓"]


def test_another_selection_becomes_the_address(open_page: OpenPage) -> None:
    page = open_page("cases")
    box(page, "Show").select("{0} wrong").run()
    assert page.query_params["where"] == "A:wrong"
    assert page.subheader[0].value == "2 of 12 cases"


def test_the_controls_show_the_selection_of_the_address(open_page: OpenPage) -> None:
    page = open_page("cases", where=["B:right", "reader-3:wrong"])
    shown = [box(page, label).value for label in ("Compare", "with", "Show")]
    assert shown == ["B", "reader-3", "{0} right, {1} wrong"]
    assert page.subheader[0].value == "1 of 12 cases"


def test_a_linked_selection_is_kept_until_another_is_chosen(open_page: OpenPage) -> None:
    page = open_page("cases", truth="HCC", where="B:called:metastatic malignancy")
    assert page.dataframe[0].value["Case"].tolist() == ["T-07", "T-09"]
    box(page, "Show").select("all cases").run()
    assert page.subheader[0].value == "3 of 12 cases"


def test_a_dossier(open_page: OpenPage) -> None:
    page = open_page("cases", case="9")
    assert page.subheader[0].value == "T-09 · HCC"
    assert "simulated images" in page.caption[1].value
    shown = text(page)
    assert "✗ metastasis<small>simulated</small>" in shown
    assert "✓ HCC<small>unanimous, simulated</small>" not in shown
    assert "✓ HCC<small>joint, simulated</small>" in shown
    assert "59 years" in shown
    assert "missing" in shown


def test_back_to_the_list_and_on_to_another_selection(open_page: OpenPage) -> None:
    page = open_page("cases", case="9", overlay="F", where="A:wrong")
    next(b for b in page.button if b.label == "Back to the list").click().run()
    assert page.subheader[0].value == "2 of 12 cases"
    box(page, "Show").select("all cases").run()
    assert not page.exception
    assert page.subheader[0].value == "12 of 12 cases"


def test_the_saliency_can_explain_another_class(open_page: OpenPage) -> None:
    page = open_page("cases", case="9", overlay="F")
    explained = box(page, "Saliency for")
    assert explained.options == [
        "what it called: HCC",
        "HCC",
        "metastatic malignancy",
        "other primary malignancy",
    ]
    explained.select_index(2).run()
    assert not page.exception


def test_an_address_that_makes_no_sense_says_why(open_page: OpenPage) -> None:
    assert "no such case" in open_page("cases", case="99").error[0].value
    assert "names no case" in open_page("cases", case="x").error[0].value
    assert "cannot be read" in open_page("cases", where="A").error[0].value


def test_a_case_is_marked_where_it_stands(open_page: OpenPage) -> None:
    shown = text(open_page("cases", case="9"))
    assert "feature_map?model=Model+A&mark=9" in shown
    assert "accuracy?classification=malignant+three-way&mark=9" in shown
    for page, query in (
        ("feature_map", {"model": "Model A"}),
        ("accuracy", {"classification": "seven-way"}),
        ("agreement", {"classification": "seven-way"}),
    ):
        marked = open_page(page, mark="9", **query)
        assert "Marked in the figure: case" in text(marked)
        assert "#C2185B" in marked.get("plotly_chart")[0].proto.spec
        next(b for b in marked.button if b.label == "Clear mark").click().run()
        assert "#C2185B" not in marked.get("plotly_chart")[0].proto.spec
        assert "marks no case" in open_page(page, mark="99").error[0].value
