from tests.pages.conftest import OpenPage


def test_an_investigator_reads_the_investigators_and_the_readers_guide(open_page: OpenPage) -> None:
    page = open_page("guide")
    assert [tab.label for tab in page.tabs] == ["Investigators", "Readers"]
    text = "\n".join(markdown.value for markdown in page.markdown)
    assert "# Guide for investigators" in text
    assert "# Guide for readers" in text
