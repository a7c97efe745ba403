from __future__ import annotations

import pytest

from dls.domain import LesionClass
from dls.errors import InputError
from dls.study.design import CaseCriteria, Design, database_cases, eligible, ineligible, sessions_of
from dls.study.protocol import SessionPlan
from dls.study.store import Store


def test_designs_become_sessions() -> None:
    assert sessions_of(Design.UNAIDED) == (SessionPlan(),)
    assert sessions_of(Design.CROSSOVER, weeks=4) == (
        SessionPlan(1, "Session 1", "crossover", 0),
        SessionPlan(2, "Session 2", "crossover", 28),
    )
    assert [s.washout_days for s in sessions_of(Design.SEQUENTIAL, weeks=6, sessions=3)] == [0, 42, 42]
    for bad in ({"sessions": 0}, {"weeks": -1}):
        with pytest.raises(InputError):
            sessions_of(Design.UNAIDED, **bad)


@pytest.mark.parametrize(
    ("criteria", "codes"),
    [
        (CaseCriteria(), ["V-001", "V-002", "V-003", "V-004"]),
        (CaseCriteria(classes=(LesionClass.CYST, LesionClass.FNH)), ["V-001", "V-003"]),
        (CaseCriteria(smallest_mm=22, largest_mm=23), ["V-002", "V-003"]),
        (CaseCriteria(scanners=("Y 3 T",)), []),
        (CaseCriteria(reference_standards=("histopathology",)), ["V-001", "V-002", "V-003", "V-004"]),
    ],
)
def test_cases_are_chosen_by_criteria(store: Store, criteria: CaseCriteria, codes: list[str]) -> None:
    assert eligible(database_cases(store), criteria)["code"].tolist() == codes


def test_every_case_left_out_has_one_reason(store: Store) -> None:
    criteria = CaseCriteria(classes=(LesionClass.CYST, LesionClass.FNH), largest_mm=22)
    cases = database_cases(store)
    assert ineligible(cases, criteria) == {"of another class": 2, "of another or unknown size": 1}
    assert eligible(cases, criteria)["code"].tolist() == ["V-001"]
    assert ineligible(cases, CaseCriteria()) == {}
