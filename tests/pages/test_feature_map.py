from tests.pages.conftest import OpenPage


def test_the_stored_map_is_shown(open_page: OpenPage) -> None:
    assert "12 image groups of 12 cases" in open_page("feature_map").caption[1].value


def test_without_a_map_it_says_so(open_page: OpenPage) -> None:
    page = open_page("feature_map", model="Model B")
    assert "No t-SNE map of Model B" in page.get("plotly_chart")[0].proto.spec
