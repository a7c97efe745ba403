from tests.pages.conftest import OpenPage
from tests.pages.test_accuracy import text


def test_overview_counts_cases_and_progress(open_page: OpenPage) -> None:
    page = open_page("overview")
    assert "12 cases, 6 malignant" in text(page)
    assert "Reader 1: 11 of 12 signed, 10 of them simulated" in page.get("progress")[0].proto.text
