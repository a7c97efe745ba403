from __future__ import annotations

import getpass
import io
from pathlib import Path

import pytest

from dls.cli import user
from dls.errors import DLSError
from dls.study.accounts import account_of, sign_in
from dls.study.store import Store
from tests.cli.command import run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_an_account_from_beginning_to_end(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    piped(monkeypatch, "correct horse\n")
    assert (
        run(user, "user", "add", "ada", "--name", "Ada Lovelace", "--role", "reader", "--home", str(home))
        == 0
    )
    store = Store(home / "study.db")
    token = sign_in(store, "ada", "correct horse")
    run(user, "user", "role", "ada", "investigator", "--home", str(home))
    assert account_of(store, token) is None
    token = sign_in(store, "ada", "correct horse")
    found = account_of(store, token)
    assert found is not None
    assert found.role == "investigator"
    piped(monkeypatch, "battery staple\n")
    run(user, "user", "password", "ada", "--home", str(home))
    assert account_of(store, token) is None
    token = sign_in(store, "ada", "battery staple")
    run(user, "user", "disable", "ada", "--home", str(home))
    assert account_of(store, token) is None
    capsys.readouterr()
    run(user, "user", "list", "--home", str(home))
    columns = capsys.readouterr().out.strip().split("\t")
    assert columns[:4] == ["ada", "investigator", "disabled", "Ada Lovelace"]
    run(user, "user", "enable", "ada", "--home", str(home))
    assert sign_in(store, "ada", "battery staple")


def test_a_password_is_typed_twice_at_a_terminal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["correct horse", "correct hose"])
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(answers))
    with pytest.raises(DLSError, match="differ"):
        run(user, "user", "add", "ada", "--name", "Ada", "--role", "reader", "--home", str(home))
    assert not home.exists()


def test_a_password_is_no_argument(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(user, "user", "password", "ada", "secret", "--home", str(home))
    assert "unrecognized arguments" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["list"], ["disable", "ada"], ["role", "ada", "reader"]])
def test_a_home_without_a_study_is_named_and_left_alone(home: Path, command: list[str]) -> None:
    with pytest.raises(DLSError, match="no study here"):
        run(user, "user", *command, "--home", str(home))
    assert not home.exists()


def test_inviting_linking_and_revoking(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dls.study.accounts import account_of, add_account, sign_in
    from dls.study.database import CHEAP_PASSWORDS
    from dls.study.identity import sign_in_identity
    from dls.study.invitation import accept
    from dls.study.store import Store

    store = Store(home / "study.db", password_cost=CHEAP_PASSWORDS)
    add_account(store, "ada", "Ada", "reader", None)
    at = ("ada", "--home", str(home))
    assert run(user, "user", "invite", *at) == 0
    accept(store, capsys.readouterr().out.strip().split("token=")[1], "my-own-choice")
    tokens = [sign_in(store, "ada", "my-own-choice")]
    assert run(user, "user", "link", *at, "--issuer", "https://a.example/", "--subject", "7") == 0
    tokens.append(sign_in_identity(store, "https://a.example", "7"))
    assert run(user, "user", "revoke", *at) == 0
    assert "ended: 2" in capsys.readouterr().out
    assert [account_of(store, token) for token in tokens] == [None, None]
