from urllib.parse import urlencode

import pytest

from dls.study.accounts import account_of
from dls.study.store import Store
from tests.ui.asgi import Client
from tests.ui.conftest import SignIn
from tests.ui.reading_study import PASSWORD

FORM = {"content-type": "application/x-www-form-urlencoded", "origin": "http://study"}


def submit(client: Client, username: str, password: str, **headers: str):
    body = urlencode({"username": username, "password": password, "form": "abc"}).encode()
    return client.send("POST", "/sign-in", body, {**FORM, "cookie": "dls_form=abc", **headers})


def test_the_right_password_opens_a_session_that_scripts_cannot_read(
    anyone: Client, study_store: Store
) -> None:
    answer = submit(anyone, "anna", PASSWORD)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    account = account_of(study_store, answer.cookie)
    assert account is not None
    assert account.username == "anna"


def test_a_wrong_password_says_so_and_sets_no_cookie(anyone: Client) -> None:
    answer = submit(anyone, "anna", "wrong")
    assert answer.status == 403
    assert b"User name or password is wrong" in answer.body
    assert "dls_session" not in answer.headers["set-cookie"]


def test_a_wrong_password_leaves_the_name_in_the_form(anyone: Client) -> None:
    page = submit(anyone, '"><b>anna', "wrong").body.decode()
    assert 'name="username" value="&quot;&gt;&lt;b&gt;anna"' in page
    assert 'name="username" value=""' in anyone.get("/sign-in").body.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": ""},
        {"cookie": "dls_form=other"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_without_our_token_or_sent_by_another_site_is_refused(
    anyone: Client, headers: dict[str, str]
) -> None:
    answer = submit(anyone, "anna", PASSWORD, **headers)
    assert answer.status == 403
    assert "dls_session" not in answer.headers["set-cookie"]


def test_the_form_brings_the_token_that_its_cookie_repeats(anyone: Client) -> None:
    page = anyone.get("/sign-in")
    token = page.headers["set-cookie"].split(";")[0].removeprefix("dls_form=")
    assert f'name="form" value="{token}"' in page.body.decode()
    assert anyone.get("/sign-in").headers["set-cookie"] != page.headers["set-cookie"]


def test_a_form_from_another_site_is_refused(anyone: Client) -> None:
    assert submit(anyone, "anna", PASSWORD, origin="http://elsewhere").status == 403


def test_a_real_study_shows_no_accounts(anyone: Client) -> None:
    page = anyone.get("/sign-in").body.decode()
    assert "Small study" in page
    assert "Demo accounts" not in page
    assert "{{" not in page


def test_the_demo_shows_its_public_accounts(anyone: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dls.ui.routes.sign_in.is_demo", lambda store: True)
    page = anyone.get("/sign-in").body.decode()
    assert "read-liver-1" in page
    assert "nothing here is about patients" in page


def test_signing_out_ends_the_session(client_of: SignIn) -> None:
    client = client_of("anna")
    assert client.get("/sign-out").headers["location"] == "/sign-in"
    assert client.get("/readings/x").status == 401
