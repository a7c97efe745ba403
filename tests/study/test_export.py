from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from dls.domain import LesionClass
from dls.errors import AccessError, ConflictError, InputError
from dls.study import protocol
from dls.study.accounts import account_of, set_password, sign_in
from dls.study.audit import GENESIS, canonical, sha256, trail, verify
from dls.study.backup import integrity
from dls.study.database import CHEAP_PASSWORDS
from dls.study.export import export, open_archive
from dls.study.interaction import record_interaction
from dls.study.order import orders, verify_order
from dls.study.profiles import ReaderProfile, note_profile
from dls.study.reading import Entry, revise
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, code_of, sign_case, tamper


@pytest.fixture
def archive(store: Store, tmp_path: Path) -> dict[str, bytes]:
    store.add_predictions("D", "ab" * 32, [1], [0], [[0.2, 0.8]])
    note_profile(store, 1, ReaderProfile(7.5, "radiology, liver"))
    sign_case(store, 1, 1)
    revise(store, 1, code_of(store, 1, 1), Entry(LesionClass.FNH, 30), "scar")
    events = [[5, "k", 3, 14], [10, "p", 1]]
    record_interaction(store, 1, code_of(store, 1, 2), visit="0" * 16, part=1, stage=1, events=events)
    export(store, tmp_path / "study.zip", by=1)
    with zipfile.ZipFile(tmp_path / "study.zip") as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_archive_holds_the_study(archive: dict[str, bytes], store: Store) -> None:
    assert set(archive) == {
        "manifest.json",
        "protocol.json",
        "cases.csv",
        "readers.csv",
        "readings.csv",
        "consensus.csv",
        "second_readings.csv",
        "order.csv",
        "interactions.csv",
        "scores_D.csv",
        "audit.jsonl",
        "study.db",
    }
    assert archive["readings.csv"].decode().count("\n") == 3
    assert archive["interactions.csv"].decode().count("\n") == 3
    assert archive["readers.csv"].decode().splitlines() == [
        "reader_id,reader,years,specialty",
        '1,Reader 1,7.5,"radiology, liver"',
        "2,Reader 2,,",
    ]
    assert "scar" in archive["audit.jsonl"].decode()


def test_the_manifest_names_freeze_head_and_hashes(archive: dict[str, bytes], store: Store) -> None:
    manifest = json.loads(archive["manifest.json"])
    assert manifest["freeze_id"] == protocol.freeze_id(store)
    assert manifest["files"] == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in archive.items()
        if name != "manifest.json"
    }
    newest = trail(store)[-1]
    assert (newest["action"], newest["actor_id"]) == ("study.export", 1)
    assert manifest["audit_head"] == newest["hash"]


def test_the_exported_trail_can_be_checked_elsewhere(archive: dict[str, bytes]) -> None:
    previous = GENESIS
    for line in archive["audit.jsonl"].decode().splitlines():
        entry = json.loads(line)
        fields = [entry[k] for k in ("id", "at", "actor_id", "action", "detail", "previous")]
        assert entry["previous"] == previous
        previous = sha256(canonical(fields))
        assert entry["hash"] == previous


def test_no_secret_is_exported(archive: dict[str, bytes]) -> None:
    everything = b"".join(archive.values())
    assert b"argon2" not in everything
    assert PASSWORD.encode() not in everything


def test_tables_read_back(store: Store, archive: dict[str, bytes], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "study.zip") as opened, opened.open("cases.csv") as table:
        cases = pd.read_csv(table, index_col="case_id")
    assert cases["code"].tolist() == store.cases()["code"].tolist()


def test_an_export_overwrites_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "study.zip").write_text("mine")
    with pytest.raises(ConflictError, match="overwrite"):
        export(store, tmp_path / "study.zip")
    with pytest.raises(InputError, match="cannot be written"):
        export(store, tmp_path / "missing" / "study.zip")


def test_a_reading_signed_meanwhile_is_in_no_part_of_the_archive(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def signed_meanwhile(copied: Store) -> pd.DataFrame:
        sign_case(store, 2, 2)
        return orders(copied)

    sign_case(store, 1, 1)
    monkeypatch.setattr("dls.study.export.orders", signed_meanwhile)
    export(store, tmp_path / "study.zip")
    open_archive(tmp_path / "study.zip", tmp_path / "other.db")
    with zipfile.ZipFile(tmp_path / "study.zip") as opened:
        readings, exported = opened.read("readings.csv").decode(), opened.read("audit.jsonl").decode()
    assert len(store.readings()) == 2
    assert len(Store(tmp_path / "other.db").readings()) == readings.count("\n") - 1 == 1
    assert exported.count("reading.sign") == 1


def test_an_archive_opens_elsewhere_and_verifies(
    store: Store, archive: dict[str, bytes], tmp_path: Path
) -> None:
    target = tmp_path / "elsewhere" / "study.db"
    assert open_archive(tmp_path / "study.zip", target).ok
    opened = Store(target, clock=store.clock, password_cost=CHEAP_PASSWORDS)
    assert verify(opened, json.loads(archive["manifest.json"])["audit_head"]).ok
    assert verify_order(opened) == ()
    assert integrity(opened) == ()
    assert opened.readings(revisions=True).to_csv() == store.readings(revisions=True).to_csv()
    assert opened.cases().to_csv() == store.cases().to_csv()
    assert protocol.freeze_id(opened) == protocol.freeze_id(store)
    with pytest.raises(AccessError):
        sign_in(opened, "reader1", PASSWORD)
    set_password(opened, 1, "another password")
    assert account_of(opened, sign_in(opened, "reader1", "another password")) is not None
    with pytest.raises(ConflictError, match="a database already"):
        open_archive(tmp_path / "study.zip", target)


def test_a_sign_in_does_not_travel(store: Store, tmp_path: Path) -> None:
    token = sign_in(store, "reader1", PASSWORD)
    export(store, tmp_path / "study.zip")
    open_archive(tmp_path / "study.zip", tmp_path / "other.db")
    assert account_of(Store(tmp_path / "other.db", clock=store.clock), token) is None
    assert account_of(store, token) is not None


@pytest.mark.parametrize("fault", ["letter", "changed", "missing", "added", "rewritten"])
def test_an_archive_that_was_altered_is_refused(
    store: Store, archive: dict[str, bytes], tmp_path: Path, fault: str
) -> None:
    path, files = tmp_path / "altered.zip", dict(archive)
    match fault:
        case "changed":
            files["readings.csv"] = files["readings.csv"].replace(b"HCC", b"FNH") + b"\n"
        case "missing":
            del files["study.db"]
        case "added":
            files["more.csv"] = b""
        case "rewritten":
            other = tmp_path / "forged.db"
            other.write_bytes(files["study.db"])
            tamper(Store(other), lambda c: c.execute("UPDATE reading SET malignancy = 1"))
            with closing(sqlite3.connect(other)) as connection:
                connection.execute("PRAGMA journal_mode = DELETE")
            files["study.db"] = other.read_bytes()
            manifest = json.loads(files["manifest.json"])
            manifest["files"]["study.db"] = hashlib.sha256(files["study.db"]).hexdigest()
            files["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    if fault == "letter":
        path.write_text("Dear Sir or Madam")
    with pytest.raises(InputError):
        open_archive(path, tmp_path / "new" / "study.db")
    assert not (tmp_path / "new").exists()
