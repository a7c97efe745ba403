from tests.pages.conftest import OpenPage
from tests.pages.test_accuracy import text

ALONE = "Model B wrong, Reader 1 right"


def test_a_quadrant_shows_its_lesions_by_the_authorised_route(open_page: OpenPage) -> None:
    page = open_page(
        "disagreements", first="Model B", second="Reader 1", group="Model B wrong, Reader 1 right"
    )
    assert page.subheader[0].value == f"{ALONE}: 4 cases"
    shown = text(page)
    assert shown.count("loading='lazy'") == 24
    assert "src='thumbnails/1/t2'" in shown
    assert "Model B: ✗ hemangioma 0.40" in shown
    assert "Reader 1: ✓ cyst" in shown


def test_false_negatives_of_a_class(open_page: OpenPage) -> None:
    page = open_page("disagreements", first="Model B", group="false negatives of Model B", target="HCC")
    assert page.subheader[0].value == "false negatives of Model B, HCC: 2 cases"
    assert "T-07" in text(page)


def test_the_filter_and_an_empty_group(open_page: OpenPage) -> None:
    page = open_page("disagreements", first="Model B", scanner="vendor 2, 3 T")
    assert "6 of 12 cases" in page.info[0].value
    page = open_page("disagreements", first="Model D", classification="benign/malignant", group="both wrong")
    assert "No case is here" in page.info[0].value


def test_a_reader_is_turned_away(open_page: OpenPage) -> None:
    page = open_page("disagreements", who=("reader1", "a-long-password"))
    assert "you are signed in as reader" in page.error[0].value
    assert "thumbnails" not in text(page)
