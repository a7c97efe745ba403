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


def test_a_crossover_is_made_listed_and_opened(
    home: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--title", "Crossed", "--reader", "reader1", "--design", "crossover", "--washout-weeks", "6"]
    assert run(study, "study", "create", *command, "--home", str(home)) == 0
    made = protocol.protocol(Store(home / "study.db", study_id=2))
    assert [(s.condition, s.washout_days) for s in made.sessions] == [("crossover", 0), ("crossover", 42)]
    assert run(study, "study", "open", "2", "--home", str(home)) == 0
    assert run(study, "study", "list", "--home", str(home)) == 0
    out = capsys.readouterr().out
    assert "  1\tTiny study" in out
    assert "* 2\tCrossed" in out


def test_a_signed_head_is_made_and_checked(
    home: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ("--home", str(home))
    key, head = home / "key.pem", home / "head.json"
    assert run(study, "study", "key", str(key)) == 0
    public = capsys.readouterr().out.split("public key: ")[1].strip()
    assert run(study, "study", "head", str(head), "--key", str(key), *at) == 0
    sign_case(store, 1, 1)
    check = ["study", "verify", "--signed-head", str(head), "--public-key", public, *at]
    assert run(study, *check) == 0
    assert "signed head: entry" in capsys.readouterr().out
    with pytest.raises(ConflictError, match="overwrite"):
        run(study, "study", "head", str(head), "--key", str(key), *at)
    with pytest.raises(InputError, match="another key"):
        run(study, "study", "verify", "--signed-head", str(head), "--public-key", "ab" * 32, *at)
    tamper(store, lambda c: c.execute("DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)"))
    assert run(study, *check) == 1


def test_readings_go_out_and_a_published_study_comes_in(
    home: Path, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ("--home", str(home))
    sign_case(store, 1, 1)
    assert run(study, "study", "readings", str(home / "r.parquet"), "--form", "parquet", *at) == 0
    table = "reader,case,truth,rating\n1,1,0,2\n1,2,1,5\n2,1,0,1\n2,2,1,4\n"
    (home / "long.csv").write_text(table)
    command = ["import-readings", str(home / "long.csv"), "--title", "Elsewhere", "--called-from", "3"]
    assert run(study, "study", *command, *at) == 0
    assert "study 2 made of 4 readings of 2 cases" in capsys.readouterr().out
    assert run(study, "study", "verify", *at) == 0


def test_an_archive_opens_in_another_home(
    home: Path, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(study, "study", "export", str(home / "s.zip"), "--home", str(home)) == 0
    other = tmp_path / "other"
    assert run(study, "study", "unpack", str(home / "s.zip"), "--home", str(other)) == 0
    assert "its accounts have no passwords" in capsys.readouterr().out
    assert run(study, "study", "verify", "--home", str(other)) == 0


def test_a_whole_study_is_backed_up_and_restored(
    home: Path, store: Store, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (home / "models").mkdir()
    (home / "models" / "A.keras").write_bytes(b"weights")
    (home / "keys").mkdir()
    (home / "keys" / "uid.key").write_text("secret")
    assert run(study, "study", "backup", str(outside / "all"), "--files", "--home", str(home)) == 0
    assert "Keep a copy apart from the backups" in capsys.readouterr().out
    other = outside / "other"
    assert run(study, "study", "restore", str(outside / "all"), "--home", str(other)) == 0
    assert "Put it back before the next import" in capsys.readouterr().out
    assert (other / "models" / "A.keras").read_bytes() == b"weights"
    assert run(study, "study", "verify", "--home", str(other)) == 0
    with pytest.raises(InputError, match="--files makes one backup"):
        run(study, "study", "backup", str(outside / "x"), "--files", "--every", "5", "--home", str(home))


def test_backups_on_a_schedule(
    home: Path, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    schedule = ["--every", "30", "--keep", "2", "--home", str(home)]
    assert run(study, "study", "backup", str(home / "backups"), *schedule) == 0
    assert slept == [1800] * 3
    assert len(list((home / "backups").iterdir())) == 2
    assert capsys.readouterr().out.count("written: ") == 3
    with pytest.raises(InputError, match="Bad schedule"):
        run(study, "study", "backup", str(home / "b"), "--every", "0", "--home", str(home))
