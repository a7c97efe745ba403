"""Any published reader study as a study of this program, from its table of readings.

The table has a row a reading: reader, case, truth, rating, and a modality where there are several.  A case
has no images.  Its truth is positive or negative, for which two of the seven classes stand; the caller names
them, and the protocol says which.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dls.domain import LesionClass
from dls.errors import InputError
from dls.study.accounts import Role, accounts, add_accounts_without_password
from dls.study.cases import TABLE, NewCase
from dls.study.database import Database
from dls.study.entry import Entry
from dls.study.order import assign
from dls.study.protocol import Protocol, SessionPlan, create_study
from dls.study.simulated import OutsideReading, add_imported
from dls.study.store import Store

COLUMNS = ("reader", "case", "truth")
ANSWERS = ("rating", "class")
"""What a reading may hold: a number, a lesion class, or both."""


FROM_CLASS = "Confidence for malignancy not given: 0 or 100 by the class."


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a table of ratings is read; of a table with lesion classes only `aided` is asked.

    Parameters
    ----------
    positive : value of truth that marks a diseased case, as text
    called_from : ratings from here on call a case positive; None where the table has classes
    positive_class, negative_class : lesion classes that stand for the two truths
    aided : the modality in which readers saw the model's opinion; the other one is then the unaided one
    """

    positive: str = "1"
    called_from: float | None = None
    positive_class: LesionClass = LesionClass.OTHER_PRIMARY
    negative_class: LesionClass = LesionClass.OTHER_BENIGN
    aided: str | None = None


def import_published(
    database: Database, table: pd.DataFrame, title: str, meaning: Meaning, by: int | None = None
) -> Store:
    """Make a study of a table of readings and return its store.

    Modalities become sessions, or with `meaning.aided` the two stages of one session.  Ratings are spread
    over 0-100, which changes no ROC curve.  Readers get accounts without a password.  A table with a column
    `class` holds lesion classes by name or number, in `truth` too; without ratings the confidence for
    malignancy is 0 or 100, as the class is, and the reading's comment says so.

    Raises
    ------
    InputError
        when the title, a column, a value or the positive truth is missing, a case has two truths, a reading
        is there twice, the modalities do not fit, or the classes are of one side.
    """
    if not title.strip():
        raise InputError("A study needs a title")
    rows = _checked(table, meaning)
    modalities = sorted(rows["modality"].unique(), key=_natural)
    if meaning.aided is not None and (len(modalities) != 2 or meaning.aided not in modalities):
        raise InputError(
            "One of two modalities must be the aided one", expected=" or ".join(modalities), got=meaning.aided
        )
    people = _accounts(database, sorted(rows["reader"].unique(), key=_natural), title, by)
    number = create_study(database, title, _protocol(tuple(people.values()), modalities, meaning), by)
    store = Store(database.path, study_id=number, clock=database.clock)
    truths = rows.drop_duplicates("case").set_index("case")["lesion"]
    codes = sorted(truths.index, key=_natural)
    prefix = _free_prefix(database, codes)
    ids = store.add_cases((_case(f"{prefix}{code}", LesionClass(int(truths[code]))) for code in codes), by)
    assign(store, by)
    of_code = dict(zip(codes, ids, strict=True))
    columns = [rows[name].tolist() for name in ("reader", "case", "modality", "called", "malignancy")]
    comment = "" if "rating" in table.columns else FROM_CLASS
    add_imported(
        store,
        (
            OutsideReading(
                people[reader],
                of_code[case],
                Entry(LesionClass(called), malignancy, comment=comment),
                *_place(modality, modalities, meaning),
            )
            for reader, case, modality, called, malignancy in zip(*columns, strict=True)
        ),
        by,
    )
    return store


def _checked(table: pd.DataFrame, meaning: Meaning) -> pd.DataFrame:
    """Readings: reader, case, modality as text, lesion (truth) and called (0-6), malignancy (0-100)."""
    if set(COLUMNS) - set(table.columns) or not set(ANSWERS) & set(table.columns):
        raise InputError(
            "A column of the readings is missing",
            expected=f"{', '.join(COLUMNS)}, and {' or '.join(ANSWERS)}",
            got=", ".join(table.columns),
        )
    modality = next((name for name in ("modality", "treatment") if name in table.columns), None)
    rows = pd.DataFrame({name: table[name].map(_text) for name in ("reader", "case", "truth")})
    rows["modality"] = "readings" if modality is None else table[modality].map(_text)
    if "rating" in table.columns:
        rows["rating"] = pd.to_numeric(table["rating"], errors="coerce")
    if "class" in table.columns:
        rows["class"] = table["class"].map(_text)
    numbers = rows.select_dtypes("number").to_numpy()
    if rows.isna().to_numpy().any() or (rows == "").to_numpy().any() or not np.isfinite(numbers).all():
        raise InputError("A value of the readings is missing or a rating is no number")
    if rows.duplicated(["reader", "case", "modality"]).any():
        raise InputError("A reading is there twice", expected="one row a reader, modality and case")
    if (rows.groupby("case")["truth"].nunique() > 1).any():
        raise InputError("A case has two truths")
    if "class" in rows and meaning.called_from is not None:
        raise InputError("The table has classes, which ratings cannot call", remedy="leave --called-from out")
    judged = _by_class(rows) if "class" in rows else _by_rating(rows, meaning)
    if "rating" in rows:
        lowest, highest = rows["rating"].min(), rows["rating"].max()
        judged["malignancy"] = 100 * (rows["rating"] - lowest) / ((highest - lowest) or 1.0)
    return judged


def _by_class(rows: pd.DataFrame) -> pd.DataFrame:
    """Truth and answer are lesion classes; the confidence is as the class is."""
    parsed = {text: int(LesionClass.parse(text)) for text in {*rows["truth"], *rows["class"]}}
    called = rows["class"].map(parsed)
    malignancy = called.map({int(c): 100.0 * c.malignant for c in LesionClass})
    return rows.assign(lesion=rows["truth"].map(parsed), called=called, malignancy=malignancy)


def _by_rating(rows: pd.DataFrame, meaning: Meaning) -> pd.DataFrame:
    """Two truths, and a rating from which on a case is called the positive one."""
    positive, negative = meaning.positive_class, meaning.negative_class
    if meaning.called_from is None:
        raise InputError(
            "Ratings call nothing by themselves",
            expected="the rating from which on a case is called positive, or a column class",
            remedy="name it: --called-from RATING",
        )
    if positive.malignant == negative.malignant:
        raise InputError("The classes of the two truths must be one malignant and one benign")
    diseased = rows["truth"] == meaning.positive
    if diseased.nunique() < 2:
        raise InputError(
            "The positive truth marks no case, or every case",
            expected="of " + ", ".join(sorted(rows["truth"].unique())),
            got=repr(meaning.positive),
        )
    called = rows["rating"] >= meaning.called_from
    return rows.assign(
        lesion=np.where(diseased, int(positive), int(negative)),
        called=np.where(called, int(positive), int(negative)),
    )


def _protocol(readers: tuple[int, ...], modalities: list[str], meaning: Meaning) -> Protocol:
    if meaning.aided is not None:
        sessions: tuple[SessionPlan, ...] = (SessionPlan(1, "Readings", "sequential"),)
    else:
        sessions = tuple(SessionPlan(n, f"Modality {name}") for n, name in enumerate(modalities, start=1))
    plan = (
        "Readings made elsewhere, as lesion classes."
        if meaning.called_from is None
        else (
            f"Readings made elsewhere. Truth {meaning.positive} is kept as {meaning.positive_class.label}, "
            f"every other truth as {meaning.negative_class.label}; "
            f"a rating from {meaning.called_from:g} on calls the former."
        )
    )
    return Protocol(readers, sessions, investigator_unblinded=True, analysis_plan=plan)


def _place(modality: str, modalities: list[str], meaning: Meaning) -> tuple[int, int]:
    """Session and stage of a modality."""
    if meaning.aided is not None:
        return 1, 2 if modality == meaning.aided else 1
    return modalities.index(modality) + 1, 1


def _case(code: str, lesion: LesionClass) -> NewCase:
    return NewCase(code, lesion, "as published", 1.0, "not known", {}, TABLE, simulated_images=False)


def _accounts(database: Database, readers: list[str], title: str, by: int | None) -> dict[str, int]:
    """An account without a password for each reader, named after reader and study."""
    taken = {status.account.username for status in accounts(database)}
    stem = _slug(title, 30) or "published"
    people = []
    for reader in readers:
        username = f"{stem}.{_slug(reader, 20) or 'reader'}"
        while username in taken:
            username += "x"
        taken.add(username)
        name = reader if re.search(r"[A-Za-z]", reader) else f"Reader {reader}"
        people.append((username, name, Role.READER))
    made = add_accounts_without_password(database, people, by)
    return {reader: account.id for reader, account in zip(readers, made, strict=True)}


def _slug(text: str, longest: int) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:longest]


def _free_prefix(database: Database, codes: list[str]) -> str:
    """What stands before the codes of the cases, so that none is in the database already."""
    with database.read() as connection:
        taken = {row[0] for row in connection.execute("SELECT code FROM patient_case")}
    prefix, number = "P-", 1
    while any(f"{prefix}{code}" in taken for code in codes):
        number += 1
        prefix = f"P{number}-"
    return prefix


def _text(value: Hashable) -> str:
    """A label as text: 3.0, as a column with gaps is read, is 3."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None or value != value else str(value).strip()  # noqa: PLR0124  NaN


def _natural(text: str) -> tuple[tuple[int, float, str], ...]:
    """Order in which 10 comes after 9."""
    parts = re.findall(r"\d+|\D+", text)
    return tuple((0, float(p), "") if p.isdigit() else (1, 0.0, p) for p in parts)
