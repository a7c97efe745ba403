"""The whole study as one archive of plain files, for analysis and keeping elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from pathlib import Path

from dls.domain import MODELS
from dls.errors import ConflictError, InputError
from dls.study import audit, protocol
from dls.study.freezing import code_version
from dls.study.order import orders
from dls.study.store import Store


def export(store: Store, target: Path, by: int | None = None) -> dict[str, str]:
    """Write the study to a new zip file and return its files, name -> SHA-256.

    In it: protocol, cases with truth, every revision of the readings, consensus, the readers' orders, the
    models' scores, the audit trail (a JSON object a line), and a manifest with the freeze id, the head of the
    audit trail and the SHA-256 of every file.  Passwords, sign-ins and drafts are not in it.

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
    frozen = protocol.freeze_id(store)
    store.record("study.export", by, {"file": target.name, "freeze_id": frozen})
    files = _files(store)
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    trail = files["audit.jsonl"].splitlines()
    manifest = {
        "study": protocol.title(store),
        "freeze_id": frozen,
        "code_version": code_version(),
        "audit_head": json.loads(trail[-1])["hash"],
        "exported_at": store.now(),
        "files": hashes,
    }
    _write(target, {"manifest.json": json.dumps(manifest, indent=2, ensure_ascii=False), **files})
    return hashes


def _files(store: Store) -> dict[str, str]:
    """Name -> content of everything but the manifest."""
    files = {
        "protocol.json": json.dumps(protocol.versions(store), indent=2, ensure_ascii=False),
        "cases.csv": store.cases().to_csv(),
        "readings.csv": store.readings(revisions=True).to_csv(index=False),
        "consensus.csv": store.consensus().to_csv(index=False),
        "order.csv": orders(store).to_csv(index=False),
    }
    for letter in MODELS:
        scores = store.group_scores(letter)
        if len(scores):
            files[f"scores_{letter}.csv"] = scores.to_csv(index=False)
    files["audit.jsonl"] = "".join(audit.canonical(entry) + "\n" for entry in audit.trail(store))
    return files


def _write(target: Path, files: dict[str, str]) -> None:
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        os.replace(unfinished, target)
    except OSError as error:
        raise InputError("The export cannot be written", got=str(error)) from error
    finally:
        unfinished.unlink(missing_ok=True)
