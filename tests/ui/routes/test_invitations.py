from __future__ import annotations

from urllib.parse import urlencode

import pytest

from dls.study.accounts import add_account
from dls.study.invitation import invite
from dls.study.store import Store
from tests.ui.asgi import Answer, Client

CHOSEN = "my-own-choice"


@pytest.fixture
def token(study_store: Store) -> str:
    return invite(study_store, add_account(study_store, "cleo", "Cleo <b>", "reader", None).id)


def choose(anyone: Client, token: str, password: str = CHOSEN, again: str = CHOSEN, **headers: str) -> Answer:
    fields = {"token": token, "password": password, "again": again, "form": "abc"}
    own = {"origin": "http://study", "cookie": "dls_form=abc", **headers}
    return anyone.send("POST", "/sign-in/invitation", urlencode(fields).encode(), own)


def test_an_invited_person_chooses_a_password_and_is_signed_in(anyone: Client, token: str) -> None:
    page = anyone.get(f"/sign-in/invitation?token={token}")
    assert page.status == 200
    assert "Cleo &lt;b&gt;, your user name is <b>cleo</b>" in page.body.decode()
    answer = choose(anyone, token)
    assert answer.status == 303
    assert Client(anyone.app, answer.cookie).get("/changes").status == 200
    assert choose(anyone, token).status == 403
    assert anyone.get(f"/sign-in/invitation?token={token}").status == 403


@pytest.mark.parametrize(
    ("password", "again", "message"), [("short", "short", "too short"), (CHOSEN, "another one", "differ")]
)
def test_a_password_that_does_not_do_leaves_the_invitation(
    anyone: Client, token: str, password: str, again: str, message: str
) -> None:
    answer = choose(anyone, token, password, again)
    assert answer.status == 422
    assert message in answer.body.decode()
    assert choose(anyone, token).status == 303


def test_guessed_and_cross_site_invitations_are_refused(anyone: Client, token: str) -> None:
    assert choose(anyone, "guessed").status == 403
    assert choose(anyone, token, origin="http://elsewhere").status == 403
    assert choose(anyone, token, cookie="dls_form=other").status == 403
    assert choose(anyone, token).status == 303
