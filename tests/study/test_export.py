from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from dls.domain import LesionClass
from dls.errors import ConflictError, InputError
from dls.study import protocol
from dls.study.audit import GENESIS, canonical, sha256, trail
from dls.study.export import export
from dls.study.reading import Entry, revise
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, code_of, sign_case


@pytest.fixture
def archive(store: Store, tmp_path: Path) -> dict[str, bytes]:
    store.add_predictions("D", "ab" * 32, [1], [0], [[0.2, 0.8]])
    sign_case(store, 1, 1)
    revise(store, 1, code_of(store, 1, 1), Entry(LesionClass.FNH, 30), "scar")
    export(store, tmp_path / "study.zip", by=1)
    with zipfile.ZipFile(tmp_path / "study.zip") as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_archive_holds_the_study(archive: dict[str, bytes], store: Store) -> None:
    assert set(archive) == {
        "manifest.json",
        "protocol.json",
        "cases.csv",
        "readings.csv",
        "consensus.csv",
        "order.csv",
        "scores_D.csv",
        "audit.jsonl",
    }
    assert archive["readings.csv"].decode().count("\n") == 3
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
