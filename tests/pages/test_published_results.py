from tests.pages.conftest import OpenPage
from tests.pages.test_accuracy import text


def test_the_published_table_stands_beside_this_study(open_page: OpenPage) -> None:
    page = open_page("published_results", table="4")
    shown = text(page)
    assert "Table 4 as published, recomputed, and in this study" in shown
    assert "79.1 (72.8–84.5)" in shown
    assert "83.3 (51.6–97.9)" in shown
    assert page.metric[0].value.endswith("of 83")
