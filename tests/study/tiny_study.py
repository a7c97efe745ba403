"""A study of two readers and a few cases, with a clock that the test turns."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dls.domain import LesionClass
from dls.study.accounts import add_account
from dls.study.cases import NewCase
from dls.study.database import CHEAP_PASSWORDS
from dls.study.order import assign
from dls.study.protocol import Protocol, create_study
from dls.study.reading import Entry, sign, worklist
from dls.study.store import Store

PASSWORD = "correct horse"


@dataclass
class TurnedClock:
    """A clock that stands still until it is turned."""

    present: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.present

    def turn(self, **by: float) -> None:
        self.present += timedelta(**by)


def new_case(number: int, lesion_class: LesionClass = LesionClass.CYST) -> NewCase:
    """Case V-00n with two clinical variables, of which the tumour marker is missing in odd cases."""
    clinical = {"age": 40 + number, "afp": None if number % 2 else 3.5}
    return NewCase(
        f"V-{number:03}",
        lesion_class,
        "histopathology",
        20.0 + number,
        "X 3 T",
        clinical,
        "phantom:V-001",
        True,
    )


def tiny_study(
    path: Path, *, cases: int = 4, readers: int = 2, assigned: bool = True, **protocol: object
) -> Store:
    """Study with readers 1 to n (accounts 1 to n) and cases 1 to m, one of each class in turn."""
    store = Store(path, clock=TurnedClock(), password_cost=CHEAP_PASSWORDS)
    ids = [
        add_account(store, f"reader{n}", f"Reader {n}", "reader", PASSWORD).id for n in range(1, readers + 1)
    ]
    create_study(store, "Tiny study", Protocol(readers=tuple(ids), **protocol))  # type: ignore[arg-type]
    store.add_cases(new_case(n, LesionClass((n - 1) % 7)) for n in range(1, cases + 1))
    if assigned:
        assign(store)
    return store


def code_of(store: Store, reader_id: int, case_id: int, session: int = 1) -> str:
    """The code under which a reader meets a case."""
    return next(a.code for a in worklist(store, reader_id) if (a.case_id, a.session) == (case_id, session))


def sign_case(store: Store, reader_id: int, case_id: int, called: LesionClass = LesionClass.HCC) -> None:
    """Sign a case with confidence 70."""
    sign(store, reader_id, code_of(store, reader_id, case_id), Entry(called, 70))


def row_counts(store: Store) -> dict[str, int]:
    """Number of rows of every table."""
    with closing(sqlite3.connect(store.path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}


def tamper(store: Store, change: Callable[[sqlite3.Connection], object]) -> None:
    """Change the file as an attacker with write access would: triggers and foreign keys out of the way.

    The triggers are put back, as somebody who knows the program would do.
    """
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        change(connection)
        for _, sql in triggers:
            connection.execute(sql)
