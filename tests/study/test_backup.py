from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dls.errors import ConflictError, InputError
from dls.study.audit import verify
from dls.study.backup import backup, integrity, restore
from dls.study.store import Store
from tests.study.tiny_study import sign_case, tamper


def test_a_backup_in_the_middle_of_work_is_one_sound_file(store: Store, tmp_path: Path) -> None:
    sign_case(store, 1, 1)
    with store.read():
        copy = backup(store, tmp_path / "copies.db", by=1)
    sign_case(store, 1, 2)
    content = copy.read_bytes()
    assert restore(copy, tmp_path / "elsewhere" / "study.db").ok
    assert copy.read_bytes() == content
    opened = Store(tmp_path / "elsewhere" / "study.db")
    assert opened.readings()["case_id"].tolist() == [1]
    assert integrity(opened) == ()
    assert verify(opened).ok
    assert not list(tmp_path.glob(".*"))


def test_a_restore_replaces_only_when_asked_and_keeps_what_was_there(store: Store, tmp_path: Path) -> None:
    sign_case(store, 1, 1)
    copy = backup(store, tmp_path / "copy.db")
    sign_case(store, 1, 2)
    with pytest.raises(ConflictError, match="--replace"):
        restore(copy, store.path)
    assert len(store.readings()) == 2
    restore(copy, store.path, replace=True)
    assert len(store.readings()) == 1
    assert verify(store).ok
    (kept,) = tmp_path.glob("study.db.before-restore-*")
    assert len(Store(kept).readings()) == 2
    sign_case(store, 1, 3)
    assert len(store.readings()) == 2


def test_a_backup_overwrites_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(ConflictError, match="overwrite"):
        backup(store, tmp_path / "copy.db")
    with pytest.raises(InputError, match="cannot be written"):
        backup(store, tmp_path / "missing" / "copy.db")


@pytest.mark.parametrize("fault", ["missing", "letter", "truncated", "other database", "changed reading"])
def test_unsound_backups_restore_nothing(store: Store, tmp_path: Path, fault: str) -> None:
    sign_case(store, 1, 1)
    copy = backup(store, tmp_path / "copy.db")
    target = tmp_path / "target.db"
    match fault:
        case "missing":
            copy.unlink()
        case "letter":
            copy.write_text("Dear Sir or Madam, " * 100)
        case "truncated":
            copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
        case "other database":
            copy.unlink()
            with closing(sqlite3.connect(copy)) as connection:
                connection.execute("CREATE TABLE bookmark (url TEXT)")
        case "changed reading":
            tamper(Store(copy), lambda c: c.execute("UPDATE reading SET malignancy = 1"))
    with pytest.raises(InputError):
        restore(copy, target)
    assert not target.exists()
    assert not list(tmp_path.glob(".*"))


def test_integrity_names_a_row_without_its_parent(store: Store) -> None:
    tamper(store, lambda c: c.execute("DELETE FROM patient_case WHERE id = 2"))
    assert integrity(store) == ("study_case 2: names a row of patient_case that is missing",)
