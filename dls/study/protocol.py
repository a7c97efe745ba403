"""The protocol of a study: its versions, and the freeze that every figure and export names.

A protocol is never changed: an amendment is a new version.  The first reading that is not simulated freezes
the newest version; its freeze id is the SHA-256 over the protocol, the case set with its truth, the model
packages and the code.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from dls import __version__
from dls.domain import MODELS
from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.database import Database

Condition = Literal["unaided", "sequential", "aided"]
ConsensusMode = Literal["joint", "majority", "adjudicator"]


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """One session of every reader.

    Parameters
    ----------
    number : 1, 2, ...
    name : as readers see it
    condition : "unaided"; "sequential" (unaided, then with the model's opinion); "aided"
    washout_days : days that must lie between the session before and this one
    """

    number: int = 1
    name: str = "Session 1"
    condition: Condition = "unaided"
    washout_days: int = 0


@dataclass(frozen=True, slots=True)
class Protocol:
    """What was decided before the first reading.

    Parameters
    ----------
    readers : account ids
    sessions : in order
    models : letters of the models that are compared with the readers
    operating_points : letter -> threshold on the score for malignancy, 0-1
    consensus_mode : how readers who disagree come to one answer; unanimous answers need no decision
    investigator_unblinded : whether investigators see results before the last reading
    clinical_shown : whether readers see clinical data
    analysis_plan : the prespecified analysis, in words
    seed : of the readers' order

    Raises
    ------
    InputError
        when the parts do not fit together.
    """

    readers: tuple[int, ...]
    sessions: tuple[SessionPlan, ...] = (SessionPlan(),)
    models: tuple[str, ...] = tuple(MODELS)
    operating_points: Mapping[str, float] = field(default_factory=dict)
    consensus_mode: ConsensusMode = "joint"
    investigator_unblinded: bool = False
    clinical_shown: bool = True
    analysis_plan: str = ""
    seed: int = 2020

    def __post_init__(self) -> None:
        if not self.readers or len(set(self.readers)) < len(self.readers):
            raise InputError("A protocol needs readers, each once", got=str(list(self.readers)))
        if [s.number for s in self.sessions] != list(range(1, len(self.sessions) + 1)) or not self.sessions:
            raise InputError(
                "Sessions must be numbered 1, 2, ...", got=str([s.number for s in self.sessions])
            )
        for name, got, known in (
            ("condition", {s.condition for s in self.sessions}, get_args(Condition)),
            ("consensus mode", {self.consensus_mode}, get_args(ConsensusMode)),
            ("model", {*self.models, *self.operating_points}, tuple(MODELS)),
        ):
            if not got <= set(known):
                raise InputError(f"Unknown {name}", expected="of " + ", ".join(known), got=str(sorted(got)))
        if not all(0 <= p <= 1 for p in self.operating_points.values()):
            raise InputError("Operating points are scores from 0 to 1", got=str(dict(self.operating_points)))

    def to_dict(self) -> dict[str, Any]:
        """Content for JSON."""
        return {**asdict(self), "operating_points": dict(self.operating_points)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Protocol:
        """Protocol from `to_dict`.

        Raises
        ------
        InputError
            when a field is unknown or has the wrong form.
        """
        try:
            sessions = tuple(SessionPlan(**s) for s in content.get("sessions", ({},)))
            lists = {name: tuple(content[name]) for name in ("readers", "models") if name in content}
            return cls(**{**content, **lists, "sessions": sessions})
        except TypeError as error:
            raise InputError("The protocol has an unknown or malformed field", got=str(error)) from error


def create_study(database: Database, title: str, protocol: Protocol, by: int | None = None) -> int:
    """Add a study with the first version of its protocol; returns its id (1 in an empty database).

    Raises
    ------
    InputError
        when the title is empty or a reader has no account.
    """
    if not title.strip():
        raise InputError("A study needs a title")
    now = database.now()
    with database.write() as connection:
        made = audit.insert(connection, "study", ("title", "created_at"), [(title.strip(), now)])
        version = _insert(connection, made.first, 1, protocol, reason="first version", now=now)
        audit.append(connection, now, "study.create", by, {"study": made.first}, made, version)
    return made.first


def protocol(database: Database) -> Protocol:
    """The newest version of the study's protocol.

    Raises
    ------
    InputError
        when the study does not exist.
    """
    with database.read() as connection:
        return current(connection, database.study_id)


def title(database: Database) -> str:
    """Title of the study."""
    with database.read() as connection:
        newest(connection, database.study_id)
        row = connection.execute("SELECT title FROM study WHERE id = ?", (database.study_id,)).fetchone()
        return str(row[0])


def versions(database: Database) -> list[dict[str, Any]]:
    """Every version of the protocol, oldest first: version, content, reason, created_at, freeze_id."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT p.version, p.content, p.reason, p.created_at, f.freeze_id FROM protocol p "
            "LEFT JOIN freeze f ON f.protocol_id = p.id WHERE p.study_id = ? ORDER BY p.version",
            (database.study_id,),
        ).fetchall()
    return [{**dict(row), "content": json.loads(row["content"])} for row in rows]


def amend(database: Database, changed: Protocol, reason: str, by: int | None = None) -> int:
    """Store a new version of the protocol and return its number; versions before it stay.

    The new version is open: model packages may be registered until the next real reading freezes it too.

    Raises
    ------
    InputError
        when the reason is missing or a reader has no account.
    """
    if not reason.strip():
        raise InputError("A new version of the protocol needs a reason")
    now = database.now()
    with database.write() as connection:
        before = newest(connection, database.study_id)
        number = int(before["version"]) + 1
        mark = _insert(connection, database.study_id, number, changed, reason=reason.strip(), now=now)
        detail = {"study": database.study_id, "version": number, "reason": reason.strip()}
        audit.append(connection, now, "protocol.amend", by, detail, mark)
    return number


def freeze(database: Database, by: int | None = None, reason: str = "frozen by hand") -> str:
    """Freeze the newest version and return its freeze id.

    Raises
    ------
    ConflictError
        when it is frozen already.
    """
    now = database.now()
    with database.write() as connection:
        version = newest(connection, database.study_id)
        if version["freeze_id"] is not None:
            raise ConflictError("The protocol is frozen already", got=version["freeze_id"], remedy="amend it")
        return freeze_version(connection, version, now, by, reason)


def freeze_id(database: Database) -> str | None:
    """Freeze id of the newest version of the protocol; None while it is open."""
    with database.read() as connection:
        found = newest(connection, database.study_id)["freeze_id"]
        return None if found is None else str(found)


def results_visible(database: Database) -> bool:
    """Whether investigators may see results now: unblinded by protocol, or every reading is signed."""
    with database.read() as connection:
        content = json.loads(newest(connection, database.study_id)["content"])
        if content["investigator_unblinded"]:
            return True
        assigned, signed = connection.execute(
            "SELECT (SELECT count(*) FROM assignment WHERE study_id = :study), "
            "(SELECT count(*) FROM reading WHERE study_id = :study AND revision = 1 AND stage = 1)",
            {"study": database.study_id},
        ).fetchone()
        return 0 < assigned <= signed


def newest(connection: sqlite3.Connection, study_id: int) -> sqlite3.Row:
    """Newest row of the study's protocol, with `freeze_id` (None while open).

    Raises
    ------
    InputError
        when the study does not exist.
    """
    row = connection.execute(
        "SELECT p.*, f.freeze_id FROM protocol p LEFT JOIN freeze f ON f.protocol_id = p.id "
        "WHERE p.study_id = ? ORDER BY p.version DESC LIMIT 1",
        (study_id,),
    ).fetchone()
    if row is None:
        raise InputError("The database has no such study", got=str(study_id), remedy="create the study first")
    found: sqlite3.Row = row
    return found


def current(connection: sqlite3.Connection, study_id: int) -> Protocol:
    """Newest version of the study's protocol; raises InputError when the study does not exist."""
    return Protocol.from_dict(json.loads(newest(connection, study_id)["content"]))


def freeze_version(
    connection: sqlite3.Connection, version: sqlite3.Row, now: str, by: int | None, reason: str
) -> str:
    """Freeze a version inside the caller's transaction; returns the freeze id."""
    study_id = version["study_id"]
    content = audit.canonical(
        {
            "protocol": version["sha256"],
            "cases": _case_set(connection, study_id),
            "packages": packages(connection),
            "code": code_version(),
        }
    )
    mark = audit.insert(
        connection,
        "freeze",
        ("study_id", "protocol_id", "content", "freeze_id", "reason", "frozen_at"),
        [(study_id, version["id"], content, audit.sha256(f"{version['id']}|{content}"), reason, now)],
    )
    row = connection.execute("SELECT freeze_id FROM freeze WHERE id = ?", (mark.first,)).fetchone()
    detail = {"study": study_id, "version": version["version"], "freeze_id": row[0], "reason": reason}
    audit.append(connection, now, "protocol.freeze", by, detail, mark)
    return str(row[0])


def frozen_packages(connection: sqlite3.Connection, study_id: int) -> dict[str, str] | None:
    """Model packages that the newest version was frozen with, letter -> SHA-256; None while it is open."""
    row = connection.execute(
        "SELECT content FROM freeze WHERE protocol_id = "
        "(SELECT id FROM protocol WHERE study_id = ? ORDER BY version DESC LIMIT 1)",
        (study_id,),
    ).fetchone()
    return None if row is None else dict(json.loads(row[0])["packages"])


def packages(connection: sqlite3.Connection) -> dict[str, str]:
    """Newest registered package of every model, letter -> SHA-256."""
    rows = connection.execute("SELECT letter, sha256 FROM package ORDER BY id").fetchall()
    return {row["letter"]: row["sha256"] for row in rows}


@lru_cache
def code_version() -> str:
    """Version of the program, and a hash over its source files."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:16]}"


def _insert(
    connection: sqlite3.Connection, study_id: int, version: int, content: Protocol, *, reason: str, now: str
) -> audit.Seal:
    known = {row[0] for row in connection.execute("SELECT id FROM account WHERE role = 'reader'")}
    if not set(content.readers) <= known:
        missing = sorted(set(content.readers) - known)
        raise InputError(
            "A reader of the protocol has no account as a reader",
            got=f"account {', '.join(map(str, missing))}",
            remedy="add the account first",
        )
    text = audit.canonical(content.to_dict())
    return audit.insert(
        connection,
        "protocol",
        ("study_id", "version", "content", "sha256", "reason", "created_at"),
        [(study_id, version, text, audit.sha256(text), reason, now)],
    )


def _case_set(connection: sqlite3.Connection, study_id: int) -> str:
    rows = connection.execute(
        "SELECT c.code, c.lesion_class, c.reference_standard FROM patient_case c "
        "JOIN study_case s ON s.case_id = c.id WHERE s.study_id = ? ORDER BY c.id",
        (study_id,),
    )
    return audit.sha256(audit.canonical([tuple(row) for row in rows]))
