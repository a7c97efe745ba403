"""The secret that turns identifiers into pseudonyms: kept in a file of its own, never in the study database.

A UID or patient number becomes a keyed hash of itself, so that the same study imported twice gets the same
pseudonyms, files that refer to each other still do, and nobody without the key can go back or test a guess.
Source: DICOM PS3.15 E.3.9 (replacement UIDs), PS3.5 B.2 (UUID-derived UIDs); RFC 2104 (HMAC).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
import uuid
from base64 import b32encode
from dataclasses import dataclass, field
from pathlib import Path

from dls.errors import AccessError, ConflictError, InputError

_FIRST_LINE = "dls uid key 1"
_BYTES = 32
NOBODY = frozenset({
    "", "0", "00000000", "anon", "anonymous", "anonymized", "anonymised", "deidentified", "na", "none",
    "noid", "null", "patient", "removed", "unknown", "xxxxxxxx",
})  # fmt: skip
"""Patient numbers that tell nobody from anybody; programs that anonymise give one to every patient."""


@dataclass(frozen=True, slots=True)
class UidKeys:
    """Maps identifiers to pseudonyms by HMAC-SHA256.

    Parameters
    ----------
    secret : 32 random bytes; shown nowhere
    """

    secret: bytes = field(repr=False)

    @classmethod
    def create(cls, path: Path) -> UidKeys:
        """Make a secret and write it to a new file that only its owner may read (mode 0600).

        Raises
        ------
        ConflictError
            when the file exists: another key would give known patients new pseudonyms.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = secrets.token_bytes(_BYTES)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(descriptor, "w") as stream:
                stream.write(f"{_FIRST_LINE}\n{secret.hex()}\n")
                stream.flush()
                os.fsync(stream.fileno())
            os.link(draft, path)
        except FileExistsError as error:
            raise ConflictError(
                "The key file exists already", got=str(path), remedy="load it; do not make another"
            ) from error
        finally:
            draft.unlink()
        return cls(secret)

    @classmethod
    def load(cls, path: Path) -> UidKeys:
        """Secret of a key file.

        Raises
        ------
        InputError
            when there is no such file or it holds no key.
        AccessError
            when others than its owner may read or change it.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise InputError(
                "The key file cannot be read",
                got=f"{path}: {error.strerror}",
                remedy="restore it from a backup",
            ) from error
        with open(descriptor, "rb") as stream:
            mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
            if mode & 0o077:
                raise AccessError(
                    "The key file is open to others",
                    expected="mode 600",
                    got=f"mode {mode:o} of {path}",
                    remedy=f"chmod 600 {path}",
                )
            content = stream.read(4096)
        found = re.fullmatch(rb"%b\n([0-9a-f]{64})\n" % _FIRST_LINE.encode(), content)
        if found is None:
            raise InputError("The key file holds no key", got=str(path), remedy="restore it from a backup")
        return cls(bytes.fromhex(found[1].decode()))

    @classmethod
    def load_or_create(cls, path: Path) -> UidKeys:
        """Secret of a key file, which is made when there is none; safe when two processes start at once.

        Raises
        ------
        InputError, AccessError
            from `load`.
        """
        if not path.exists():
            try:
                return cls.create(path)
            except ConflictError:
                return cls.load(path)
        return cls.load(path)

    def uid(self, original: str) -> str:
        """The UID that stands for another one: `2.25.` and the number of a version 8 UUID (RFC 9562)."""
        raw = bytearray(self._digest("uid", original)[:16])
        raw[6] = raw[6] & 0x0F | 0x80
        raw[8] = raw[8] & 0x3F | 0x80
        return f"2.25.{uuid.UUID(bytes=bytes(raw)).int}"

    def pseudonym(self, patient_id: str) -> str:
        """Number of a patient: `DLS-` and 16 letters and digits (80 bits)."""
        return "DLS-" + b32encode(self._digest("patient", patient_id)[:10]).decode()

    def names_nobody(self, pseudonym: str) -> bool:
        """Whether a pseudonym stands for no number, or for one of `NOBODY`, in small or capital letters."""
        spellings = {form(word) for word in NOBODY for form in (str, str.upper, str.capitalize)}
        return pseudonym in {self.pseudonym(word) for word in spellings}

    def token(self, text: str) -> str:
        """A word that stands for a code of unknown meaning: equal codes stay equal, others stay different."""
        return "X" + self._digest("code", text).hex()[:12].upper()

    def _digest(self, kind: str, text: str) -> bytes:
        """32 bytes; the kind keeps the hash of a UID from being that of a patient number."""
        return hmac.new(self.secret, f"{kind}\0{text}".encode(), hashlib.sha256).digest()
