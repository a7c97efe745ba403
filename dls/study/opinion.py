"""The models' opinion on a case, released to a reader by the server and not before its time.

Under the sequential condition it is released after the unaided reading is signed, under the aided one at
once, under the unaided one never.  Every release is kept: what was shown, of which model packages, and when.

Source: STARD-AI 2025, item 17a (what was shown to readers is reported); Obuchowski and Bullen, Radiology
2022;303:26 (designs of studies with several readers).
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass

from dls.domain import MODELS
from dls.errors import AccessError, ConflictError
from dls.study import audit
from dls.study.database import Database
from dls.study.predictions import packages, patient_frame
from dls.study.protocol import Protocol
from dls.study.worklist import open_row

Meeting = tuple[int, int, int]
"""A reader's meeting with a case: account id, session and occasion."""


@dataclass(frozen=True, slots=True)
class ModelOpinion:
    """What one model says of one case.

    Parameters
    ----------
    classes, scores : outputs of the model's task, and its patient scores, which sum to 1
    called : the class called: the largest score, or for benign/malignant by the protocol's operating point
    package : SHA-256 of the model package
    """

    letter: str
    classes: tuple[str, ...]
    scores: tuple[float, ...]
    called: str
    package: str


def model_opinion(database: Database, reader_id: int, code: str) -> tuple[ModelOpinion, ...]:
    """The models' opinion on a reader's own case; the first showing is recorded before it is returned.

    Later calls return what was shown first.

    Raises
    ------
    AccessError
        when the code is not one of this reader's, or the opinion is not to be shown (yet).
    ConflictError
        while the session is not open, or when no model has scored the case.
    """
    with database.read() as connection:
        own, plan = open_row(connection, database, reader_id, code)
        _require_release(own)
        kept = _kept(connection, own["id"])
    if kept is not None:
        return kept
    made = _opinions(database, plan, own["case_id"])
    now = database.now()
    with database.write() as connection:
        kept = _kept(connection, own["id"])
        if kept is not None:
            return kept
        content = audit.canonical([asdict(opinion) for opinion in made])
        mark = audit.insert(
            connection, "opinion_shown", audit.SEALED["opinion_shown"][1:], [(own["id"], content, now)]
        )
        detail = {"assignment": own["id"], "models": [opinion.letter for opinion in made]}
        audit.append(connection, now, "opinion.show", reader_id, detail, mark)
    return made


def require_shown_model(database: Database, reader_id: int, code: str, letter: str) -> int:
    """Case id behind a reader's code, when this model's opinion on it has been shown: for its saliency.

    Raises
    ------
    AccessError
        otherwise.
    """
    with database.read() as connection:
        own, _ = open_row(connection, database, reader_id, code)
        kept = _kept(connection, own["id"])
    if kept is None or letter not in {opinion.letter for opinion in kept}:
        raise AccessError("The model's opinion on this case has not been shown")
    return int(own["case_id"])


def shown_on(database: Database, case_id: int) -> dict[Meeting, tuple[ModelOpinion, ...]]:
    """What the study's readers were shown of a case, by when they met it; not for any reader."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT a.reader_id, a.session, a.occasion, o.content FROM opinion_shown o "
            "JOIN assignment a ON a.id = o.assignment_id WHERE a.study_id = ? AND a.case_id = ?",
            (database.study_id, case_id),
        ).fetchall()
    return {(row["reader_id"], row["session"], row["occasion"]): _parsed(row["content"]) for row in rows}


def _require_release(own: sqlite3.Row) -> None:
    released = own["condition"] == "aided" or (
        own["condition"] == "sequential" and own["stage1_id"] is not None
    )
    if not released:
        raise AccessError("The model's opinion on this case is not to be shown")


def _kept(connection: sqlite3.Connection, assignment_id: int) -> tuple[ModelOpinion, ...] | None:
    row = connection.execute(
        "SELECT content FROM opinion_shown WHERE assignment_id = ?", (assignment_id,)
    ).fetchone()
    return None if row is None else _parsed(row[0])


def _parsed(content: str) -> tuple[ModelOpinion, ...]:
    return tuple(
        ModelOpinion(**{**record, "classes": tuple(record["classes"]), "scores": tuple(record["scores"])})
        for record in json.loads(content)
    )


def _opinions(database: Database, plan: Protocol, case_id: int) -> tuple[ModelOpinion, ...]:
    shown = packages(database)
    made = []
    for letter in plan.shown_models:
        scores = patient_frame(database, letter)
        if case_id in scores.index:
            row = scores.loc[case_id]
            threshold = plan.operating_points.get(letter)
            made.append(_opinion(letter, tuple(map(float, row)), threshold, shown[letter]))
    if not made:
        raise ConflictError(
            "No model of the protocol has scored this case", remedy="run the models' predictions first"
        )
    return tuple(made)


def _opinion(letter: str, scores: tuple[float, ...], threshold: float | None, package: str) -> ModelOpinion:
    classes = MODELS[letter].task.classes
    called = scores.index(max(scores))
    if threshold is not None and len(classes) == 2:
        called = int(scores[1] >= threshold)
    return ModelOpinion(letter, classes, scores, classes[called], package)
