"""The head of the audit trail, signed: whoever holds it can tell later that nothing before it was rewritten.

Somebody who can write the whole database can rewrite its whole chain, but not a head that was signed before
with a key they do not have.  The key is an Ed25519 key in a PEM file, kept apart from the database.

Source: RFC 8032 (Ed25519); Schneier and Kelsey, ACM TISSEC 1999;2:159 (secure audit logs).
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.database import Database
from dls.study.protocol import freeze_id, title


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The newest entry of a trail at one time, and the signature over it.

    Parameters
    ----------
    entries, head : number of entries, and the hash of the newest one
    public_key, signature : Ed25519, hexadecimal
    """

    study: str
    freeze_id: str | None
    entries: int
    head: str
    at: str
    public_key: str
    signature: str

    def message(self) -> bytes:
        """What is signed: every field but the signature, in canonical JSON."""
        return audit.canonical({k: v for k, v in asdict(self).items() if k != "signature"}).encode()

    def to_json(self) -> str:
        """Text for a file."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def make_key(path: Path) -> str:
    """Make a signing key in a new file that only its owner can read; returns the public key in hexadecimal.

    Raises
    ------
    ConflictError
        when the file exists.
    InputError
        when it cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    except FileExistsError as error:
        raise ConflictError("The key would overwrite a file", got=str(path)) from error
    except OSError as error:
        raise InputError("The key cannot be written", got=str(error)) from error
    return _public_text(key)


def sign_head(database: Database, key_path: Path, by: int | None = None) -> SignedHead:
    """Sign the present head of a sound trail; that it was signed becomes the next entry.

    Raises
    ------
    InputError
        when the key cannot be read, or the trail is not sound.
    """
    key = _private_key(key_path)
    found = audit.verify(database)
    if not found.ok:
        raise InputError("The audit trail is not sound; its head was not signed", got=str(found.faults[0]))
    now = database.now()
    unsigned = SignedHead(
        title(database), freeze_id(database), found.entries, found.head, now, _public_text(key), ""
    )
    signature = key.sign(unsigned.message()).hex()
    detail = {"entries": found.entries, "public_key": unsigned.public_key}
    audit.record(database, "head.sign", by, detail)
    return SignedHead(**{**asdict(unsigned), "signature": signature})


def check_head(text: str, public_key: str | None = None) -> SignedHead:
    """A signed head from its text, when the signature holds.

    Parameters
    ----------
    public_key : hexadecimal; the key that must have signed.  Without it only a change of the file is found.

    Raises
    ------
    InputError
        when the text is no signed head, was changed, or another key signed it.
    """
    try:
        head = SignedHead(**json.loads(text))
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head.public_key))
        key.verify(bytes.fromhex(head.signature), head.message())
    except (TypeError, ValueError, InvalidSignature) as error:
        raise InputError(
            "This is not a signed head, or it was changed", got=str(error) or "bad signature"
        ) from error
    if public_key is not None and head.public_key != public_key.strip().lower():
        raise InputError("The head was signed with another key", expected=public_key, got=head.public_key)
    return head


def verify_head(database: Database, head: SignedHead) -> tuple[audit.Fault, ...]:
    """What differs from a signed head: its entry must still be in the trail, at its place."""
    with database.read() as connection:
        row = connection.execute("SELECT hash FROM audit WHERE id = ?", (head.entries,)).fetchone()
    if row is not None and row["hash"] == head.head:
        return ()
    return (audit.Fault("audit", head.entries, f"is not the entry whose hash was signed at {head.at}"),)


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise InputError("The signing key cannot be read", got=f"{path}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError("The signing key is of another kind", expected="Ed25519", got=type(key).__name__)
    return key


def _public_text(key: Ed25519PrivateKey) -> str:
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return raw.hex()
