from tests.pages.conftest import OpenPage
from tests.pages.test_accuracy import text


def test_the_golden_figures_are_recomputed_on_demand(open_page: OpenPage) -> None:
    page = open_page("validate_statistics")
    assert not page.get("html")
    page.button[0].click().run()
    assert page.success[0].value == "Every figure is reproduced."
    assert "AUC" in text(page)


def test_a_reader_is_turned_away(open_page: OpenPage) -> None:
    assert (
        "signed in as reader"
        in open_page("validate_statistics", who=("reader1", "a-long-password")).error[0].value
    )
