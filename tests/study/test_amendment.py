from __future__ import annotations

from dataclasses import replace

import pytest

from dls.errors import AccessError, ConflictError, InputError
from dls.study.accounts import add_account
from dls.study.amendment import Change, changes
from dls.study.freezing import sign_and_freeze, signatures
from dls.study.protocol import Protocol, SessionPlan, amend, create_study, freeze_id, protocol
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, new_case

BEFORE = Protocol(readers=(1, 2), operating_points={"D": 0.5}, analysis_plan="AUC")


def test_a_difference_names_field_before_and_after() -> None:
    after = replace(
        BEFORE,
        readers=(1, 2, 3),
        sessions=(SessionPlan(), SessionPlan(2, "Session 2", "unaided", 28)),
        operating_points={"D": 0.4},
        analysis_plan="",
    )
    assert set(changes(BEFORE.to_dict(), after.to_dict())) == {
        Change("readers", "1, 2", "1, 2, 3"),
        Change("sessions 2 number", "–", "2"),
        Change("sessions 2 name", "–", "Session 2"),
        Change("sessions 2 condition", "–", "unaided"),
        Change("sessions 2 washout_days", "–", "28"),
        Change("operating_points D", "0.5", "0.4"),
        Change("analysis_plan", "AUC", "–"),
    }
    assert changes(BEFORE.to_dict(), BEFORE.to_dict()) == ()
    assert Change("operating_points D", "–", "0.5") in changes({}, BEFORE.to_dict())


def test_a_freeze_is_signed_with_name_meaning_and_time(store: Store) -> None:
    ines = add_account(store, "ines", "Ines", "investigator", PASSWORD).id
    for password, meaning, error in ((PASSWORD, " ", InputError), ("wrong word", "I approve", AccessError)):
        with pytest.raises(error):
            sign_and_freeze(store, ines, password, meaning)
    assert freeze_id(store) is None
    frozen = sign_and_freeze(store, ines, PASSWORD, "I approve")
    assert signatures(store) == {
        frozen: {
            "name": "Ines",
            "role": "investigator",
            "meaning": "I approve",
            "signed_at": "2026-03-02T09:00:00.000000Z",
        }
    }
    with pytest.raises(ConflictError, match="frozen already"):
        sign_and_freeze(store, ines, PASSWORD, "again")


def test_a_study_without_cases_is_not_frozen_and_a_frozen_one_takes_none(store: Store) -> None:
    other = Store(
        store.path, study_id=create_study(store, "Empty", Protocol(readers=(1,))), clock=store.clock
    )
    with pytest.raises(InputError, match="without cases"):
        sign_and_freeze(other, 1, PASSWORD, "I approve")
    other.add_case(new_case(20))
    sign_and_freeze(other, 1, PASSWORD, "I approve")
    with pytest.raises(ConflictError, match="frozen with its case set"):
        other.add_case(new_case(21))
    amend(other, protocol(other), "one more case")
    other.add_case(new_case(21))
    assert len(other.cases()) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"training_cases": (1,)},
        {"hidden_repeats": 1},
        {"sessions": (SessionPlan(1, "Session 1", "sequential"),)},
    ],
)
def test_what_the_order_rests_on_stays(store: Store, change: dict) -> None:
    with pytest.raises(ConflictError, match="order has been drawn"):
        amend(store, replace(protocol(store), **change), "other design")
    assert amend(store, replace(protocol(store), analysis_plan="AUC"), "worded") == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"sessions": (SessionPlan(1, "S", "crossover"),)},
        {"sessions": (SessionPlan(), SessionPlan(2, "S", "crossover"), SessionPlan(3, "T", "crossover"))},
        {"sessions": (SessionPlan(washout_days=-1),)},
        {"hidden_repeats": -1},
        {"training_cases": (1, 1)},
        {"interim_looks": "whenever"},
        {"opinion_models": ("Q",)},
    ],
)
def test_designs_that_do_not_fit_are_refused(fields: dict) -> None:
    with pytest.raises(InputError):
        replace(BEFORE, **fields)
