"""How a study was run, from what its own functions wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from dls.analysis.conduct import Deidentification, conduct
from dls.analysis.dataset import load
from dls.domain import LesionClass
from dls.study.imports import NewImport, add
from dls.study.looks import look
from dls.study.profiles import ReaderProfile
from dls.study.protocol import Protocol, amend, protocol
from dls.study.sessions import WashoutOverride
from tests.study.full_study import full_study
from tests.study.tiny_study import TurnedClock, new_case, tiny_study

LATER = datetime(2100, 1, 1, tzinfo=UTC)
SERIES = {
    "T2": {"stack": "1.2.3", "title": "", "confidence": 1.0, "reasons": [], "confirmed": True, "why": ""}
}


def test_profiles_overrides_and_looks_are_found(tmp_path: Path) -> None:
    store = full_study(tmp_path / "study.db")
    found = conduct(store, load(store), LATER)
    assert found.profiles == {f"Reader {n}": ReaderProfile(4 + n, "abdominal radiology") for n in (1, 2)}
    with store.read() as connection:
        rows = connection.execute("SELECT reader_id, session, reason FROM washout_override").fetchall()
    assert rows
    assert found.overrides == tuple(
        (f"Reader {row['reader_id']}", WashoutOverride(row["reader_id"], row["session"], row["reason"]))
        for row in rows
    )


def test_looks_are_those_of_the_study(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "study.db")
    amend(store, Protocol(**{**vars_of(protocol(store)), "interim_looks": "with reason"}), "looks")
    assert conduct(store, load(store), LATER).looks == 0
    look(store, "Accuracy", None, "safety")
    look(store, "Report", None, "safety")
    store.record("results.look", None, {"page": "Accuracy", "study": store.study_id + 1})
    assert conduct(store, load(store), LATER).looks == 2
    assert conduct(store, load(store), TurnedClock.present - timedelta(seconds=1)).looks == 0


def test_a_delivery_of_two_lesions_counts_its_files_once(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "study.db", assigned=False)
    assert conduct(store, load(store), LATER).deidentified is None
    removed = {"removed": {"PatientName": 3, "StudyDate": 3}, "replaced": {"PatientID": 3}}
    for lesion in (1, 2):
        new = NewImport("ab" * 16, lesion, "folder", 30, removed, SERIES)
        add(store, new, case=new_case(20 + lesion, LesionClass.HCC))
    other = NewImport("cd" * 16, 1, "zip", 12, {"removed": {"StudyDate": 2}, "replaced": {}}, SERIES)
    add(store, other, case=new_case(30))
    assert conduct(store, load(store), LATER).deidentified == Deidentification(3, 42, 8, 3)


def vars_of(plan: Protocol) -> dict[str, object]:
    """Fields of a protocol by name."""
    return {name: getattr(plan, name) for name in Protocol.__dataclass_fields__}
