from tests.pages.conftest import OpenPage


def test_overview_counts_cases_and_progress(open_page: OpenPage) -> None:
    page = open_page("overview")
    assert page.subheader[0].value == "12 cases, 6 malignant"
    assert page.dataframe[0].value["cases"].tolist() == [12, 12, 12, 11, 11]
