"""The protocol of a study: its versions, and the freeze that every figure and export names.

A protocol is never changed: an amendment is a new version.  The first reading that is not simulated freezes
the newest version (see `freezing`).  What the readers' order rests on stays as it is once that is drawn.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from dls.domain import MODELS
from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.database import Database

Condition = Literal["unaided", "sequential", "aided"]
SessionCondition = Literal["unaided", "sequential", "aided", "crossover"]
TRAINING = 1000
"""Session of the training cases; no analysis includes sessions from here on."""
DRY_RUN = 2000
"""Sessions from here on are dry runs of investigators, one number each."""
InterimLooks = Literal["closed", "with reason"]
ConsensusMode = Literal["joint", "majority", "adjudicator"]


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """One session of every reader.

    Parameters
    ----------
    number : 1, 2, ...
    name : as readers see it
    condition : "unaided"; "sequential" (unaided, then with the model's opinion); "aided"; "crossover":
        half of the cases aided, the other half in the next session, which must be a crossover too
    washout_days : days that must lie between the session before and this one
    """

    number: int = 1
    name: str = "Session 1"
    condition: SessionCondition = "unaided"
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
    consensus_mode : how readers who disagree come to one answer; unanimous answers need no decision, and
        where no class has the majority, "majority" leaves the case to a joint decision
    consensus_reread : whether readers who disagree first read the case again, each without the others'
        answers
    adjudicators : accounts that decide under the mode "adjudicator"; none of them is one of the readers
    investigator_unblinded : whether investigators see results before the last reading
    clinical_shown : whether readers see clinical data
    analysis_plan : the prespecified analysis, in words
    seed : of the readers' order
    training_cases : case ids that every reader reads before session 1, outside the analysis
    hidden_repeats : cases that each reader meets twice in a session, for agreement with oneself
    ranking_asked : whether readers rank the classes
    opinion_models : letters of the models whose opinion readers are shown; `models` when empty
    interim_looks : what investigators who are not unblinded may see before the last reading: nothing, or
        results after giving a reason

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
    consensus_reread: bool = False
    adjudicators: tuple[int, ...] = ()
    investigator_unblinded: bool = False
    clinical_shown: bool = True
    analysis_plan: str = ""
    seed: int = 2020
    training_cases: tuple[int, ...] = ()
    hidden_repeats: int = 0
    ranking_asked: bool = False
    opinion_models: tuple[str, ...] = ()
    interim_looks: InterimLooks = "closed"

    def __post_init__(self) -> None:
        if not self.readers or len(set(self.readers)) < len(self.readers):
            raise InputError("A protocol needs readers, each once", got=str(list(self.readers)))
        if [s.number for s in self.sessions] != list(range(1, len(self.sessions) + 1)) or not self.sessions:
            raise InputError(
                "Sessions must be numbered 1, 2, ...", got=str([s.number for s in self.sessions])
            )
        for name, got, known in (
            ("condition", {s.condition for s in self.sessions}, get_args(SessionCondition)),
            ("policy of looks", {self.interim_looks}, get_args(InterimLooks)),
            ("consensus mode", {self.consensus_mode}, get_args(ConsensusMode)),
            ("model", {*self.models, *self.opinion_models, *self.operating_points}, tuple(MODELS)),
        ):
            if not got <= set(known):
                raise InputError(f"Unknown {name}", expected="of " + ", ".join(known), got=str(sorted(got)))
        crossed = [s.condition == "crossover" for s in self.sessions]
        if crossed[::2] != crossed[1::2] + [False] * (len(crossed) % 2):
            raise InputError("Crossover sessions come in pairs: 1 and 2, 3 and 4, ...", got=str(crossed))
        if min(self.hidden_repeats, *(s.washout_days for s in self.sessions)) < 0:
            raise InputError("Numbers of hidden repeats and washout days are 0 or more")
        if set(self.adjudicators) & set(self.readers):
            raise InputError("An adjudicator is not one of the readers", got=str(list(self.adjudicators)))
        if len(set(self.training_cases)) < len(self.training_cases):
            raise InputError("A training case is named twice", got=str(list(self.training_cases)))
        if not all(0 <= p <= 1 for p in self.operating_points.values()):
            raise InputError("Operating points are scores from 0 to 1", got=str(dict(self.operating_points)))

    @property
    def shown_models(self) -> tuple[str, ...]:
        """Letters of the models whose opinion readers are shown."""
        return self.opinion_models or self.models

    @property
    def shows_opinion(self) -> bool:
        """Whether readers are shown the model's opinion in any session."""
        return any(session.condition != "unaided" for session in self.sessions)

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
            lists = {name: tuple(content[name]) for name in LISTS if name in content}
            return cls(**{**content, **lists, "sessions": sessions})
        except TypeError as error:
            raise InputError("The protocol has an unknown or malformed field", got=str(error)) from error


LISTS = ("readers", "models", "training_cases", "opinion_models", "adjudicators")


def create_study(database: Database, title: str, protocol: Protocol, by: int | None = None) -> int:
    """Add a study with the first version of its protocol; returns its id (1 in an empty database).

    Raises
    ------
    InputError
        when the title is empty, a reader has no account, or two readers have the same name.
    """
    if not title.strip():
        raise InputError("A study needs a title")
    now = database.now()
    with database.write() as connection:
        _refuse_alike(connection, protocol.readers)
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
        when the reason is missing, a reader has no account, or other readers than before have the same name.
    ConflictError
        when the readers' order is drawn and the change contradicts it.
    """
    if not reason.strip():
        raise InputError("A new version of the protocol needs a reason")
    now = database.now()
    with database.write() as connection:
        before = newest(connection, database.study_id)
        plan = _content(before)
        _refuse_against_order(connection, database.study_id, plan, changed)
        if changed.readers != plan.readers:
            _refuse_alike(connection, changed.readers)
        number = int(before["version"]) + 1
        mark = _insert(connection, database.study_id, number, changed, reason=reason.strip(), now=now)
        detail = {"study": database.study_id, "version": number, "reason": reason.strip()}
        audit.append(connection, now, "protocol.amend", by, detail, mark)
    return number


def freeze_id(database: Database) -> str | None:
    """Freeze id of the newest version of the protocol; None while it is open."""
    with database.read() as connection:
        found = newest(connection, database.study_id)["freeze_id"]
        return None if found is None else str(found)


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
    return _content(newest(connection, study_id))


def order_drawn(connection: sqlite3.Connection, study_id: int) -> bool:
    """Whether the order of one of the study's readers is stored; dry runs do not count."""
    found = connection.execute(
        "SELECT 1 FROM assignment WHERE study_id = ? AND session < ? LIMIT 1", (study_id, DRY_RUN)
    ).fetchone()
    return found is not None


def _content(version: sqlite3.Row) -> Protocol:
    return Protocol.from_dict(json.loads(version["content"]))


def _refuse_alike(connection: sqlite3.Connection, readers: tuple[int, ...]) -> None:
    """Refuse two readers of one name: tables and exports tell readers apart by their names."""
    rows = connection.execute("SELECT id, name FROM account").fetchall()
    counts = Counter(row["name"] for row in rows if row["id"] in readers)
    alike = sorted(name for name, count in counts.items() if count > 1)
    if alike:
        raise InputError(
            "Two readers of the protocol have the same name",
            expected="a name of its own for each reader",
            got=", ".join(alike),
            remedy="add an account with another name for one of them",
        )


def _refuse_against_order(
    connection: sqlite3.Connection, study_id: int, before: Protocol, changed: Protocol
) -> None:
    """Refuse to change what the stored order rests on; readers and sessions may be added at the end."""
    if not order_drawn(connection, study_id):
        return
    kept = {
        "training cases": before.training_cases == changed.training_cases,
        "hidden repeats": before.hidden_repeats == changed.hidden_repeats,
        "conditions of the sessions": [s.condition for s in before.sessions]
        == [s.condition for s in changed.sessions[: len(before.sessions)]],
        "order of the readers": before.readers == changed.readers[: len(before.readers)]
        or "crossover" not in {s.condition for s in before.sessions},
    }
    altered = [name for name, same in kept.items() if not same]
    if altered:
        raise ConflictError(
            "The readers' order has been drawn under the protocol before",
            got=f"changed: {', '.join(altered)}",
            remedy="keep these, or make another study",
        )


def _insert(
    connection: sqlite3.Connection, study_id: int, version: int, content: Protocol, *, reason: str, now: str
) -> audit.Seal:
    known = {row[0] for row in connection.execute("SELECT id FROM account WHERE role = 'reader'")}
    missing = sorted({*content.readers, *content.adjudicators} - known)
    if missing:
        raise InputError(
            "A reader or adjudicator of the protocol has no account as a reader",
            got=f"account {', '.join(map(str, missing))}",
            remedy="add the account first",
        )
    shown = "SELECT adjudicator_id FROM adjudication WHERE study_id = ?"
    seen = {row[0] for row in connection.execute(shown, (study_id,))} & set(content.readers)
    if seen:
        raise ConflictError(
            "A reader was shown the other readers' answers as an adjudicator", got=f"account {sorted(seen)}"
        )
    if content.consensus_mode == "adjudicator" and not content.adjudicators:
        raise InputError(
            "A consensus by an adjudicator needs one", remedy="name an account that is not one of the readers"
        )
    cases = {row[0] for row in connection.execute("SELECT id FROM patient_case")}
    if not set(content.training_cases) <= cases:
        raise InputError(
            "A training case is not in the database", got=str(sorted(set(content.training_cases) - cases))
        )
    text = audit.canonical(content.to_dict())
    return audit.insert(
        connection,
        "protocol",
        ("study_id", "version", "content", "sha256", "reason", "created_at"),
        [(study_id, version, text, audit.sha256(text), reason, now)],
    )
