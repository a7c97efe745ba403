"""A full disk and a file system that takes no writing: a clear error, nothing half written, drafts kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from dls.domain import LesionClass
from dls.errors import DLSError, InputError
from dls.study.audit import verify
from dls.study.backup import backup_into, integrity
from dls.study.database import Database
from dls.study.reading import Entry, assignment, revise, save_draft, sign
from dls.study.store import Store
from tests.study.tiny_study import code_of, row_counts, sign_case, tiny_study

DRAFT = {"lesion_class": 4, "comment": "rim"}


@pytest.fixture
def drafted(tmp_path: Path) -> tuple[Store, str]:
    """A study with one case signed and a draft of another."""
    store = tiny_study(tmp_path / "study.db")
    sign_case(store, 1, 1)
    code = code_of(store, 1, 2)
    save_draft(store, 1, code, DRAFT)
    return store, code


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every connection from here on may not grow the file by a page."""
    unlimited = Database._connect

    def connect(self: Database) -> sqlite3.Connection:
        connection = unlimited(self)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with monkeypatch.context() as patched:
        patched.setattr(Database, "_connect", connect)
        yield


ACTS = {
    "signing": lambda s, code: sign(s, 1, code, Entry(LesionClass.HCC, 80, comment="x" * 9000)),
    "saving a draft": lambda s, code: save_draft(s, 1, code, {"comment": "x" * 60_000}),
    "revising": lambda s, code: revise(
        s, 1, code_of(s, 1, 1), Entry(LesionClass.FNH, 10, comment="x" * 9000), "slip"
    ),
    "recording": lambda s, code: s.record("look", None, {"page": "x" * 60_000}),
}


@pytest.mark.parametrize("act", ACTS)
def test_on_a_full_disk_nothing_changes_and_the_draft_stays(
    drafted: tuple[Store, str], full_disk: None, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    store, code = drafted
    before = row_counts(store)
    with pytest.raises(InputError, match="takes no more; nothing was saved"):
        ACTS[act](store, code)  # type: ignore[no-untyped-call]
    assert row_counts(store) == before
    assert assignment(store, 1, code).draft == DRAFT
    assert verify(store).ok


def test_work_goes_on_when_there_is_room_again(
    drafted: tuple[Store, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, code = drafted

    def no_room(self: Database) -> sqlite3.Connection:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "_connect", no_room)
        with pytest.raises(InputError, match="takes no more"):
            sign(store, 1, code, Entry(LesionClass.HCC, 80))
    assert sign(store, 1, code, Entry(LesionClass.HCC, 80)).revision == 1
    assert integrity(store) == ()


@pytest.mark.parametrize("act", ACTS)
def test_where_nothing_may_be_written_the_error_says_so(
    drafted: tuple[Store, str], monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    store, code = drafted
    connect = Database._connect

    def read_only(self: Database) -> sqlite3.Connection:
        connection = connect(self)
        connection.close()
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, isolation_level=None)
        connection.row_factory = sqlite3.Row
        return connection

    before = row_counts(store)
    with monkeypatch.context() as patched:
        patched.setattr(Database, "_connect", read_only)
        with pytest.raises(InputError, match="cannot be opened for writing; nothing was saved"):
            ACTS[act](store, code)  # type: ignore[no-untyped-call]
        assert assignment(store, 1, code).draft == DRAFT
    assert row_counts(store) == before
    assert verify(store).ok


def test_a_schedule_keeps_sound_backups_and_nothing_else_is_removed(
    drafted: tuple[Store, str], tmp_path: Path
) -> None:
    store, _ = drafted
    folder = tmp_path / "backups"
    (folder).mkdir()
    (folder / "study-mine.db").write_text("mine")
    made = []
    for _number in range(5):
        store.clock.turn(hours=1)  # type: ignore[attr-defined]
        made.append(backup_into(store, folder, keep=3))
    assert sorted(folder.glob("study-2*.db")) == made[-3:]
    assert (folder / "study-mine.db").read_text() == "mine"
    assert verify(Store(made[-1])).ok
    with pytest.raises(InputError, match="1 or more"):
        backup_into(store, folder, keep=0)


def test_an_unsound_study_removes_no_older_backup(drafted: tuple[Store, str], tmp_path: Path) -> None:
    from tests.study.tiny_study import tamper

    store, _ = drafted
    first = backup_into(store, tmp_path / "backups", keep=1)
    tamper(store, lambda c: c.execute("UPDATE reading SET malignancy = 3"))
    store.clock.turn(hours=1)  # type: ignore[attr-defined]
    with pytest.raises(DLSError, match="not sound"):
        backup_into(store, tmp_path / "backups", keep=1)
    assert first.exists()
