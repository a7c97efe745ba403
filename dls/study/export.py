"""The whole study as one archive: plain files for analysis, and its database, which opens elsewhere.

The database in the archive has no password that works and no open sign-in; its trail goes on by one entry
that says so, and verifies from its first entry to its last.  Images are not in it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from pathlib import Path

from dls.domain import MODELS
from dls.errors import ConflictError, InputError
from dls.study import audit, consensus_record, protocol
from dls.study.backup import copy_database, restore, single_file
from dls.study.database import Database
from dls.study.freezing import code_version
from dls.study.interaction import interactions
from dls.study.order import orders
from dls.study.passwords import NO_PASSWORD
from dls.study.profiles import readers
from dls.study.store import Store
from dls.whole_files import new_file

MANIFEST = "manifest.json"
DATABASE = "study.db"


def export(store: Store, target: Path, by: int | None = None) -> dict[str, str]:
    """Write the study to a new zip file and return its files, name -> SHA-256.

    In it: protocol, cases with truth, the readers with experience and specialty, every revision of the
    readings, the consensus with reasons, times and the readings it rests on, second readings, the readers'
    orders, what readers looked at and when, the models' scores, the audit trail (a JSON object a line), the
    database, and a manifest with the freeze id, the head of the audit trail and the SHA-256 of every file.
    All show the study at one moment, while readers go on.  No password is in it.

    Raises
    ------
    ConflictError
        when the file exists.
    InputError
        when it cannot be written.
    """
    target = Path(target)
    if target.exists():
        raise ConflictError(
            "The export would overwrite a file", got=str(target), remedy="choose another name"
        )
    store.record("study.export", by, {"file": target.name, "freeze_id": protocol.freeze_id(store)})
    with tempfile.TemporaryDirectory() as folder:
        copied = _copy(store, Path(folder))
        title, frozen = protocol.title(copied), protocol.freeze_id(copied)
        files = {name: text.encode() for name, text in _files(copied).items()}
        files[DATABASE] = _without_passwords(copied).read_bytes()
    hashes = _hashes(files)
    trail = files["audit.jsonl"].splitlines()
    manifest = {
        "study": title,
        "freeze_id": frozen,
        "code_version": code_version(),
        "audit_head": json.loads(trail[-1])["hash"],
        "exported_at": store.now(),
        "files": hashes,
    }
    _write(target, {MANIFEST: json.dumps(manifest, indent=2, ensure_ascii=False).encode(), **files})
    return hashes


def open_archive(archive: Path, target: Path) -> audit.Verification:
    """Put the database of an archive where a study is opened; returns what the check of its trail gave.

    Its accounts have no passwords: an administrator gives new ones (`user password`).

    Raises
    ------
    InputError
        when the archive is damaged or changed, or its trail is not sound; nothing is put anywhere.
    ConflictError
        when there is a database already.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            files = {name: opened.read(name) for name in opened.namelist()}
        manifest = json.loads(files.pop(MANIFEST))
        named, head = dict(manifest["files"]), str(manifest["audit_head"])
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise InputError("This is not the archive of a study", got=f"{archive}: {error}") from error
    found = _hashes(files)
    if found != named or DATABASE not in files:
        odd = sorted(name for name in {*found, *named, DATABASE} if found.get(name) != named.get(name))
        raise InputError("The archive was changed or is incomplete", got=", ".join(odd) or f"no {DATABASE}")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / DATABASE
        copy.write_bytes(files[DATABASE])
        if not audit.verify(Database(copy), head).ok:
            raise InputError("The trail of the archive's database is not sound; nothing was opened")
        return restore(copy, target)


def _copy(store: Store, folder: Path) -> Store:
    """The study as it is now, in a copy that nobody else writes to."""
    path = copy_database(store.path, folder / DATABASE)
    return Store(path, study_id=store.study_id, clock=store.clock)


def _without_passwords(copied: Store) -> Path:
    """The file of a copied study, in which nobody can sign in from now on until a new password is set."""
    now = copied.now()
    with copied.write() as connection:
        connection.execute("UPDATE account SET password_hash = ?", (NO_PASSWORD,))
        connection.execute("UPDATE sign_in SET revoked_at = coalesce(revoked_at, ?)", (now,))
        for table in ("invitation", "provider_request", "throttle"):
            connection.execute(f"DELETE FROM {table}")
        ids = [row[0] for row in connection.execute("SELECT id FROM account ORDER BY id")]
        seals = [audit.seal(connection, "account", number) for number in ids]
        audit.append(connection, now, "study.copy", None, {"passwords": "removed"}, *seals)
    return single_file(copied.path)


def _hashes(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def _files(store: Store) -> dict[str, str]:
    """Name -> content of everything but the manifest."""
    files = {
        "protocol.json": json.dumps(protocol.versions(store), indent=2, ensure_ascii=False),
        "cases.csv": store.cases().to_csv(),
        "readers.csv": readers(store).to_csv(index=False),
        "readings.csv": store.readings(revisions=True).to_csv(index=False),
        "consensus.csv": consensus_record.record(store).to_csv(index=False),
        "second_readings.csv": consensus_record.rereads(store).to_csv(index=False),
        "order.csv": orders(store).to_csv(index=False),
    }
    where_any = {"interactions.csv": interactions(store)}
    where_any |= {f"scores_{letter}.csv": store.group_scores(letter) for letter in MODELS}
    files |= {name: table.to_csv(index=False) for name, table in where_any.items() if len(table)}
    files["audit.jsonl"] = "".join(audit.canonical(entry) + "\n" for entry in audit.trail(store))
    return files


def _write(target: Path, files: dict[str, bytes]) -> None:
    if not target.parent.is_dir():
        raise InputError("The export cannot be written", got=f"no folder {target.parent}")
    try:
        with new_file(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    except OSError as error:
        raise InputError("The export cannot be written", got=str(error)) from error
