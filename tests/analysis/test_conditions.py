"""Readings without and with the model's opinion, against loops over the rows of the database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dls.analysis.accuracy import accuracy_table
from dls.analysis.cohort import cohort
from dls.analysis.conditions import read_together, session_choices
from dls.analysis.dataset import BENIGN_CALL, BenignCalls, StudyData, load
from dls.analysis.reader_comparison import model_against_readers
from dls.analysis.study_filter import StudyFilter, restrict
from dls.analysis.system import model
from dls.analysis.undefined import Undefined
from dls.domain import LesionClass, Task
from dls.errors import InputError
from dls.study.protocol import Protocol, SessionPlan, protocol
from dls.study.reading import worklist
from dls.study.store import Store
from tests.analysis.test_aided import CROSSED, SEQUENTIAL, read_study

AIDED_LATER = (SessionPlan(1, "Without"), SessionPlan(2, "With", "aided"))
DESIGNS = {"sequential": SEQUENTIAL, "crossover": CROSSED, "aided later": AIDED_LATER}


@pytest.fixture(scope="module", params=DESIGNS)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A study of each design, with hidden repeats and cases that reader 2 has not read."""
    path = tmp_path_factory.mktemp("design") / "study.db"
    return read_study(path, *DESIGNS[request.param], hidden_repeats=2, skip=3)


def rows(store: Store) -> list[sqlite3.Row]:
    with store.read() as connection:
        return list(connection.execute("SELECT * FROM reading ORDER BY id"))


def seconds(store: Store, of: sqlite3.Row, every: list[sqlite3.Row]) -> float:
    """Time of a reading: where it follows another one in the same session, that of both."""
    if of["stage"] == 1:
        return float(of["active_seconds"])
    key = ("reader_id", "session", "case_id", "occasion")
    before = [r for r in every if r["stage"] == 1 and all(r[k] == of[k] for k in key)]
    parts = [r["active_seconds"] for r in (*before, of)]
    return float(sum(parts)) if min(parts) > 0 else 0.0


def sessions(store: Store) -> set[int]:
    return {r["session"] for r in rows(store)}


def together(store: Store, session: int) -> set[int]:
    """The sessions of a crossover are looked at as one."""
    return {1, 2} if protocol(store).sessions == CROSSED else {session}


def loadable(store: Store) -> list[tuple[int, bool, StudyData]]:
    found = [(s, False, load(store, s)) for s in sorted(sessions(store))]
    shown = {r["session"] for r in rows(store) if r["stage"] == 2}
    return found + [(s, True, load(store, s, aided=True)) for s in sorted(shown)]


def test_a_session_loads_its_readings_of_one_condition(store: Store) -> None:
    every = rows(store)
    assert any(aided for _, aided, _ in loadable(store))
    for session, aided, data in loadable(store):
        own = [
            r for r in every if r["session"] in together(store, session) and r["stage"] == (2 if aided else 1)
        ]
        for occasions, table in (({1}, data.readings), ({2}, data.repeats)):
            expected = {
                (r["reader_id"], r["case_id"], r["lesion_class"], r["malignancy"], seconds(store, r, every))
                for r in own
                if r["occasion"] in occasions
            }
            columns = ["reader_id", "case_id", "lesion_class", "malignancy", "active_seconds"]
            assert set(table[columns].itertuples(index=False, name=None)) == expected
            assert len(table) == len(expected)


def test_every_reading_is_there_whatever_session_is_asked_for(store: Store) -> None:
    expected = {(r["reader_id"], r["session"], r["case_id"], r["occasion"], r["stage"]) for r in rows(store)}
    columns = ["reader_id", "session", "case_id", "occasion", "stage"]
    for _, _, data in loadable(store):
        assert set(data.every_reading[columns].itertuples(index=False, name=None)) == expected


def test_only_what_is_read_under_the_condition_is_missing(store: Store) -> None:
    for session, aided, data in loadable(store):
        own = [
            (reader.reader_id, a.case_id)
            for reader in data.readers
            for a in worklist(store, reader.reader_id)
            if a.session in together(store, session)
            and a.condition in ({"aided", "sequential"} if aided else {"unaided", "sequential"})
        ]
        due = {reader: len({case for by, case in own if by == reader}) for reader in (1, 2)}
        for task in Task:
            cases = data.truth(task).index
            assert data.reading_count(task).expected == len({pair for pair in own if pair[1] in cases})
        assert {p.reader: p.cases for p in cohort(data).progress} == {
            f"Reader {r}": n for r, n in due.items()
        }
        one = restrict(data, StudyFilter(readers=(2,)))
        assert one.reading_count().expected == due[2]


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("rule", BenignCalls)
def test_paired_calls_are_of_the_cases_read_both_ways(store: Store, task: Task, rule: BenignCalls) -> None:
    data = load(store)
    truth = data.cases["lesion_class"].to_dict()
    for reader in data.readers:
        expected = {}
        for case in truth:
            if task.target(LesionClass(truth[case])) is None:
                continue
            called = {}
            for r in rows(store):
                if (r["reader_id"], r["case_id"], r["occasion"]) == (reader.reader_id, case, 1):
                    target = task.target(LesionClass(r["lesion_class"]))
                    called[r["stage"]] = BENIGN_CALL if target is None else target
            dropped = rule is BenignCalls.DROPPED and BENIGN_CALL in called.values()
            if len(called) == 2 and not dropped:
                expected[case] = (called[1], called[2])
        found = data.paired_calls(reader, task, rule)
        assert {c: (row.unaided, row.aided) for c, row in found.iterrows()} == expected
        assert expected or task is Task.MALIGNANT_THREE_WAY


def test_the_consensus_is_of_the_readings_without_the_opinion(store: Store) -> None:
    every = rows(store)
    assert len(load(store).consensus) or protocol(store).sessions == CROSSED
    for session, _, data in loadable(store):
        for row in data.consensus.itertuples():
            answers = {
                r["lesion_class"]
                for r in every
                if (r["session"], r["case_id"], r["occasion"], r["stage"]) == (session, row.case_id, 1, 1)
            }
            assert answers == {row.lesion_class}


def test_readers_and_cases_that_are_left_out_leave_no_reading(store: Store) -> None:
    data = restrict(load(store), StudyFilter(readers=(2,), classes=(LesionClass.HCC,)))
    assert set(data.every_reading["reader_id"]) == {2}
    assert set(data.every_reading["case_id"]) == set(data.cases.index)


def test_only_a_reader_reads_twice(store: Store) -> None:
    data = load(store)
    with pytest.raises(InputError, match="Only a reader"):
        data.paired_calls(data.models[0], Task.BENIGN_MALIGNANT)


def test_a_session_without_the_opinion_has_no_readings_with_it(tmp_path: Path) -> None:
    later = read_study(tmp_path / "later.db", *AIDED_LATER)
    with pytest.raises(InputError, match=r"not shown the model's opinion.*session 2.*session 1"):
        load(later, 1, aided=True)
    assert load(later, 2).readings.empty
    never = read_study(tmp_path / "never.db", SessionPlan())
    with pytest.raises(InputError, match="readings without it"):
        load(never, aided=True)
    assert load(never).every_reading.empty
    assert load(never).paired_calls(load(never).readers[0], Task.SEVEN_WAY).empty


def test_a_crossover_has_every_case_of_every_reader_under_each_condition(tmp_path: Path) -> None:
    store = read_study(tmp_path / "study.db", *CROSSED)
    assert session_choices(protocol(store)) == {1: "First and Second"}
    for session, aided, data in loadable(store):
        for reader in data.readers:
            own = data.readings[data.readings["reader_id"] == reader.reader_id]
            assert sorted(own["case_id"]) == data.cases.index.tolist(), (session, aided)
        table = accuracy_table(data, Task.SEVEN_WAY)
        assert table.incomplete().keys() <= {"Reader consensus"}
        found = model_against_readers(data, model("D"))
        assert not isinstance(found.result, Undefined)
        assert found.result.n_excluded == 0


def test_sessions_of_their_own_stay_apart() -> None:
    plan = Protocol(
        readers=(1,),
        sessions=(*CROSSED, SessionPlan(3, "Third"), SessionPlan(4, "Fourth", "sequential")),
        models=("D",),
    )
    assert session_choices(plan) == {1: "First and Second", 3: "Third", 4: "Fourth"}
    assert [read_together(plan, n) for n in (1, 2, 3, 4)] == [(1, 2), (1, 2), (3,), (4,)]
