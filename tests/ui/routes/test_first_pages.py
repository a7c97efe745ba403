import pytest

from tests.ui.conftest import SignIn


@pytest.mark.parametrize(("who", "page"), [("ines", "overview"), ("anna", "worklist")])
def test_the_name_of_the_first_page_leads_to_it(client_of: SignIn, who: str, page: str) -> None:
    answer = client_of(who).get(f"/{page}?theme=dark")
    assert (answer.status, answer.headers["location"]) == (307, "/?theme=dark")
    assert client_of(who).get(f"/{page}").headers["location"] == "/"
