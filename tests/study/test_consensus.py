from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from dls.domain import LesionClass
from dls.errors import AccessError, ConflictError, InputError
from dls.study.accounts import add_account
from dls.study.audit import verify
from dls.study.consensus import add_simulated_consensus, decide, queue
from dls.study.protocol import SessionPlan, amend, protocol
from dls.study.reading import Entry, OutsideReading, add_simulated, revise, sign, worklist
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, code_of, row_counts, sign_case, tiny_study

CYST, FNH, HCC, METASTASIS = LesionClass.CYST, LesionClass.FNH, LesionClass.HCC, LesionClass.METASTASIS


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return tiny_study(tmp_path / "study.db", cases=3, readers=3)


def sign_all(store: Store, case_id: int, *called: LesionClass) -> None:
    for reader, one in enumerate(called, start=1):
        sign_case(store, reader, case_id, one)


def decisions(store: Store) -> list[tuple]:
    return [tuple(r) for r in store.consensus()[["case_id", "lesion_class", "mode", "simulated"]].to_numpy()]


def test_the_last_signature_makes_a_unanimous_consensus(store: Store) -> None:
    sign_all(store, 1, HCC, HCC)
    assert decisions(store) == []
    sign_case(store, 3, 1, HCC)
    assert decisions(store) == [(1, 4, "unanimous", False)]
    assert queue(store) == []


def test_disagreement_waits_in_the_queue_without_telling_who_said_what(store: Store) -> None:
    sign_all(store, 2, METASTASIS, HCC, METASTASIS)
    (waiting,) = queue(store, 1)
    assert (waiting.due, waiting.readers, waiting.reread, waiting.rereads) == ("decision", 3, 0, ())
    assert waiting.answers == (HCC, METASTASIS, METASTASIS)
    assert waiting.code == code_of(store, 1, 2)
    assert (waiting.case_id, waiting.session, waiting.simulated) == (2, 1, False)
    assert queue(store)[0].code is None
    assert queue(store, 99) == []
    assert queue(store, session=2) == []
    assert decisions(store) == []


def test_a_decision_closes_the_case_and_is_no_further_reading(store: Store) -> None:
    sign_all(store, 2, METASTASIS, HCC, METASTASIS)
    decide(store, 2, HCC, "joint", by=1, reason="capsule", seconds=30)
    assert decisions(store) == [(2, 4, "joint", False)]
    assert queue(store) == []
    assert len(store.readings()) == 3
    assert set(store.readings()["reader_id"]) == {1, 2, 3}
    assert verify(store).ok


def test_decisions_that_do_not_fit_are_refused(store: Store) -> None:
    sign_all(store, 1, CYST, CYST, CYST)
    sign_all(store, 2, METASTASIS, HCC, METASTASIS)
    sign_all(store, 3, METASTASIS, HCC)
    investigator = add_account(store, "inv", "Inv", "investigator", PASSWORD).id
    before = row_counts(store)
    with pytest.raises(ConflictError, match="not yet read by all"):
        decide(store, 3, HCC)
    with pytest.raises(ConflictError, match=r"consensus already.*unanimous"):
        decide(store, 1, HCC)
    with pytest.raises(ConflictError, match="not yet read"):
        decide(store, 99, HCC)
    with pytest.raises(InputError, match="Another consensus mode"):
        decide(store, 2, HCC, "majority")
    with pytest.raises(InputError, match="Unknown lesion class"):
        decide(store, 2, 9)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="Bad time"):
        decide(store, 2, HCC, seconds=-1)
    with pytest.raises(AccessError, match="no part"):
        decide(store, 2, HCC, by=investigator)
    assert row_counts(store) == before
    decide(store, 2, HCC)
    with pytest.raises(ConflictError, match=r"consensus already.*joint"):
        decide(store, 2, HCC)


def test_the_majority_decides_by_itself_and_follows_revisions(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db", cases=2, readers=3, consensus_mode="majority")
    sign_all(store, 1, METASTASIS, HCC)
    assert decisions(store) == []
    sign_case(store, 3, 1, METASTASIS)
    assert decisions(store) == [(1, 5, "majority", False)]
    assert queue(store, 1) == []
    revise(store, 3, code_of(store, 3, 1), Entry(HCC, 80), "capsule")
    assert decisions(store) == [(1, 4, "majority", False)]
    revise(store, 3, code_of(store, 3, 1), Entry(CYST, 1), "T2 bright")
    assert decisions(store) == []
    assert [waiting.case_id for waiting in queue(store)] == [1]
    assert verify(store).ok


def test_without_a_majority_the_readers_decide_together(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db", cases=1, readers=3, consensus_mode="majority")
    sign_all(store, 1, METASTASIS, HCC, CYST)
    (waiting,) = queue(store, 2)
    assert waiting.due == "decision"
    decide(store, 1, FNH, by=2)
    assert decisions(store) == [(1, 2, "joint", False)]


def test_a_majority_under_an_amended_protocol_is_the_only_class(store: Store) -> None:
    sign_all(store, 1, METASTASIS, HCC, METASTASIS)
    amend(store, replace(protocol(store), consensus_mode="majority"), "no meeting possible")
    with pytest.raises(InputError, match="not the class of the majority"):
        decide(store, 1, HCC, by=1)
    decide(store, 1, METASTASIS, by=1)
    assert decisions(store) == [(1, 5, "majority", False)]


def test_a_consensus_is_simulated_only_if_all_of_its_readings_are(store: Store) -> None:
    made = [OutsideReading(r, c, Entry(CYST, 5)) for c in (1, 2) for r in (1, 2, 3) if (r, c) != (3, 2)]
    add_simulated(store, made)
    sign_case(store, 3, 2, CYST)
    assert decisions(store) == [(1, 0, "unanimous", True), (2, 0, "unanimous", False)]


def test_simulated_decisions_are_for_simulated_readings(store: Store) -> None:
    answers = {1: CYST, 2: CYST, 3: HCC}
    add_simulated(store, [OutsideReading(r, 1, Entry(answers[r], 5)) for r in (1, 2, 3)])
    sign_all(store, 2, CYST, CYST, HCC)
    before = row_counts(store)
    with pytest.raises(ConflictError, match="simulated consensus on real readings"):
        add_simulated_consensus(store, {1: HCC, 2: HCC})
    with pytest.raises(ConflictError, match="not yet read"):
        add_simulated_consensus(store, {3: HCC})
    assert row_counts(store) == before
    assert add_simulated_consensus(store, {1: HCC}) == 1
    assert decisions(store) == [(1, 4, "joint", True)]


def test_a_revision_withdraws_and_restores_unanimity(store: Store) -> None:
    sign_all(store, 1, HCC, HCC, HCC)
    revise(store, 3, code_of(store, 3, 1), Entry(FNH, 20), "scar")
    assert decisions(store) == []
    assert len(queue(store)) == 1
    revise(store, 3, code_of(store, 3, 1), Entry(HCC, 60), "no scar")
    assert decisions(store) == [(1, 4, "unanimous", False)]
    for reader in (1, 2, 3):
        revise(store, reader, code_of(store, reader, 1), Entry(CYST, 1), "all of us")
    assert decisions(store) == [(1, 0, "unanimous", False)]
    assert verify(store).ok


def test_readings_stay_once_readers_have_decided_together(store: Store) -> None:
    sign_all(store, 1, HCC, HCC, FNH)
    decide(store, 1, HCC)
    with pytest.raises(ConflictError, match="is decided"):
        revise(store, 3, code_of(store, 3, 1), Entry(HCC, 60), "late")


def test_no_answer_is_shown_while_a_reader_has_still_to_meet_the_case(tmp_path: Path) -> None:
    twice = (SessionPlan(1, "First"), SessionPlan(2, "Second"))
    store = tiny_study(tmp_path / "s.db", cases=1, sessions=twice)
    for session in (1, 2):
        for reader, called in ((1, HCC), (2, CYST)):
            assert queue(store, 1) == []
            code = code_of(store, reader, 1, session)
            sign(store, reader, code, Entry(called, 60))
            if (reader, session) == (2, 1):
                with pytest.raises(ConflictError, match="still to be read"):
                    decide(store, 1, HCC, by=1)
    assert [(waiting.session, waiting.answers) for waiting in queue(store, 1)] == [
        (1, (CYST, HCC)),
        (2, (CYST, HCC)),
    ]
    decide(store, 1, HCC, by=1)


def test_one_reader_alone_makes_no_consensus(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db", readers=1)
    for one in worklist(store, 1):
        sign_case(store, 1, one.case_id)
    assert decisions(store) == []
    assert queue(store) == []


def test_types_of_the_frame(store: Store) -> None:
    empty = store.consensus()
    sign_all(store, 1, HCC, HCC, HCC)
    full = store.consensus()
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert full["decided_at"].tolist() == [pd.Timestamp("2026-03-02T09:00Z")]
