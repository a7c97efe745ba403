from __future__ import annotations

from pathlib import Path

import pytest

from dls.cli import study
from dls.errors import ConflictError, DLSError, InputError
from dls.study import protocol
from dls.study.accounts import add_account
from dls.study.audit import verify
from dls.study.database import CHEAP_PASSWORDS
from dls.study.order import orders
from dls.study.store import Store
from tests.cli.command import run
from tests.study.tiny_study import PASSWORD, new_case, row_counts, sign_case, tamper, tiny_study


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def store(home: Path) -> Store:
    return tiny_study(home / "study.db")


def test_creating_and_freezing_a_study(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(home / "study.db", password_cost=CHEAP_PASSWORDS)
    for name in ("ada", "bob"):
        add_account(store, name, name.title(), "reader", PASSWORD)
    command = ["--title", "Liver", "--reader", "ada", "--reader", "bob", "--sessions", "2", "--seed", "5"]
    assert run(study, "study", "create", *command, "--consensus", "majority", "--home", str(home)) == 0
    assert protocol.title(store) == "Liver"
    made = protocol.protocol(store)
    assert (made.readers, len(made.sessions), made.seed, made.consensus_mode) == ((1, 2), 2, 5, "majority")
    assert not made.investigator_unblinded
    store.add_cases([new_case(1), new_case(2)])
    assert run(study, "study", "freeze", "--home", str(home)) == 0
    assert len(orders(store)) == 8
    assert str(protocol.freeze_id(store)) in capsys.readouterr().out
    with pytest.raises(ConflictError, match="frozen already"):
        run(study, "study", "freeze", "--home", str(home))


def test_a_reader_without_an_account_makes_no_study(home: Path) -> None:
    Store(home / "study.db")
    with pytest.raises(InputError, match=r"no such account.*'eve'"):
        run(study, "study", "create", "--title", "T", "--reader", "eve", "--home", str(home))
    assert row_counts(Store(home / "study.db"))["study"] == 0


def test_verifying_a_sound_study(home: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    head = verify(store).head
    sign_case(store, 1, 1)
    assert run(study, "study", "verify", "--head", head, "--home", str(home)) == 0
    out = capsys.readouterr().out
    assert f"head {verify(store).head}" in out
    assert out.endswith("sound\n")


def test_verifying_a_study_that_was_tampered_with(
    home: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_case(store, 1, 1)
    tamper(store, lambda c: c.execute("UPDATE reading SET lesion_class = 0"))
    assert run(study, "study", "verify", "--home", str(home)) == 1
    out = capsys.readouterr().out
    assert "fault: reading 1: row was changed after it was written" in out
    assert out.endswith("not sound\n")


def test_exporting_backing_up_and_restoring(
    home: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_case(store, 1, 1)
    assert run(study, "study", "export", str(home / "out.zip"), "--home", str(home)) == 0
    assert "readings.csv" in capsys.readouterr().out
    assert run(study, "study", "backup", str(home / "copy.db"), "--home", str(home)) == 0
    sign_case(store, 1, 2)
    with pytest.raises(ConflictError, match="database already"):
        run(study, "study", "restore", str(home / "copy.db"), "--home", str(home))
    run(study, "study", "restore", str(home / "copy.db"), "--replace", "--home", str(home))
    assert len(store.readings()) == 1
    run(study, "study", "restore", str(home / "copy.db"), "--home", str(home / "new"))
    assert len(Store(home / "new" / "study.db").readings()) == 1


@pytest.mark.parametrize("command", [["verify"], ["freeze"], ["export", "x.zip"], ["backup", "x.db"]])
def test_a_home_without_a_study_is_named_and_left_alone(tmp_path: Path, command: list[str]) -> None:
    with pytest.raises(DLSError, match="no study here"):
        run(study, "study", *command, "--home", str(tmp_path / "empty"))
    assert not (tmp_path / "empty").exists()


def test_the_home_comes_from_the_environment(
    home: Path, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DLS_HOME", str(home))
    assert run(study, "study", "verify") == 0
