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

COLUMNS = ("reader", "case", "truth", "rating")


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a table of readings is read.

    Parameters
    ----------
    positive : value of truth that marks a diseased case, as text
    called_from : ratings from here on call a case positive
    positive_class, negative_class : lesion classes that stand for the two truths
    aided : the modality in which readers saw the model's opinion; the other one is then the unaided one
    """

    positive: str
    called_from: float
    positive_class: LesionClass = LesionClass.OTHER_PRIMARY
    negative_class: LesionClass = LesionClass.OTHER_BENIGN
    aided: str | None = None


def import_published(
    database: Database, table: pd.DataFrame, title: str, meaning: Meaning, by: int | None = None
) -> Store:
    """Make a study of a table of readings and return its store.

    Modalities become sessions, or with `meaning.aided` the two stages of one session.  Ratings are spread
    over 0-100, which changes no ROC curve.  Readers get accounts without a password.

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
    truths = rows.drop_duplicates("case").set_index("case")["diseased"]
    codes = sorted(truths.index, key=_natural)
    prefix = _free_prefix(database, codes)
    ids = store.add_cases(
        (_case(f"{prefix}{code}", diseased=bool(truths[code]), meaning=meaning) for code in codes), by
    )
    assign(store, by)
    of_code = dict(zip(codes, ids, strict=True))
    lowest, highest = rows["rating"].min(), rows["rating"].max()
    spread = (highest - lowest) or 1.0
    columns = [rows[name].tolist() for name in ("reader", "case", "modality", "rating")]
    add_imported(
        store,
        (
            OutsideReading(
                people[reader],
                of_code[case],
                Entry(
                    meaning.positive_class if rating >= meaning.called_from else meaning.negative_class,
                    100 * (rating - lowest) / spread,
                ),
                *_place(modality, modalities, meaning),
            )
            for reader, case, modality, rating in zip(*columns, strict=True)
        ),
        by,
    )
    return store


def _checked(table: pd.DataFrame, meaning: Meaning) -> pd.DataFrame:
    """Readings as text and numbers: reader, case, modality, rating, diseased."""
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise InputError(
            "A column of the readings is missing", expected=", ".join(COLUMNS), got=", ".join(table.columns)
        )
    if meaning.positive_class.malignant == meaning.negative_class.malignant:
        raise InputError("The classes of the two truths must be one malignant and one benign")
    modality = next((name for name in ("modality", "treatment") if name in table.columns), None)
    rows = pd.DataFrame({name: table[name].map(_text) for name in ("reader", "case", "truth")})
    rows["modality"] = "readings" if modality is None else table[modality].map(_text)
    rows["rating"] = pd.to_numeric(table["rating"], errors="coerce")
    if rows.isna().to_numpy().any() or (rows == "").to_numpy().any() or not np.isfinite(rows["rating"]).all():
        raise InputError("A value of the readings is missing or a rating is no number")
    if rows.duplicated(["reader", "case", "modality"]).any():
        raise InputError("A reading is there twice", expected="one row a reader, modality and case")
    if (rows.groupby("case")["truth"].nunique() > 1).any():
        raise InputError("A case has two truths")
    rows["diseased"] = rows["truth"] == meaning.positive
    if rows["diseased"].nunique() < 2:
        raise InputError(
            "The positive truth marks no case, or every case",
            expected="of " + ", ".join(sorted(rows["truth"].unique())),
            got=repr(meaning.positive),
        )
    return rows


def _protocol(readers: tuple[int, ...], modalities: list[str], meaning: Meaning) -> Protocol:
    if meaning.aided is not None:
        sessions: tuple[SessionPlan, ...] = (SessionPlan(1, "Readings", "sequential"),)
    else:
        sessions = tuple(SessionPlan(n, f"Modality {name}") for n, name in enumerate(modalities, start=1))
    plan = (
        f"Readings made elsewhere. Truth {meaning.positive} is kept as {meaning.positive_class.label}, "
        f"every other truth as {meaning.negative_class.label}; "
        f"a rating from {meaning.called_from:g} on calls the former."
    )
    return Protocol(readers, sessions, investigator_unblinded=True, analysis_plan=plan)


def _place(modality: str, modalities: list[str], meaning: Meaning) -> tuple[int, int]:
    """Session and stage of a modality."""
    if meaning.aided is not None:
        return 1, 2 if modality == meaning.aided else 1
    return modalities.index(modality) + 1, 1


def _case(code: str, *, diseased: bool, meaning: Meaning) -> NewCase:
    lesion = meaning.positive_class if diseased else meaning.negative_class
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
