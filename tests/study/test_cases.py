from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from dls.domain import LesionClass
from dls.errors import ConflictError, InputError
from dls.study.store import Store
from tests.study.tiny_study import new_case, row_counts, tiny_study


@pytest.fixture
def store(tmp_path) -> Store:  # type: ignore[no-untyped-def]
    return tiny_study(tmp_path / "study.db", cases=0, assigned=False)


def test_a_case_comes_back_as_it_was_added(store: Store) -> None:
    new = new_case(3, LesionClass.FNH)
    case = store.add_case(new)
    assert store.case(case.id) == case
    for field in dataclasses.fields(new):
        assert getattr(case, field.name) == getattr(new, field.name)


def test_cases_as_a_frame(store: Store) -> None:
    ids = store.add_cases(new_case(n, LesionClass(n)) for n in (3, 2, 1))
    frame = store.cases()
    assert ids == [1, 2, 3]
    assert frame.index.tolist() == ids
    assert frame.index.name == "case_id"
    assert frame["code"].tolist() == ["V-003", "V-002", "V-001"]
    assert frame["lesion_class"].tolist() == [3, 2, 1]
    assert frame["age"].tolist() == [43, 42, 41]
    assert np.isnan(frame["afp"]).tolist() == [True, False, True]
    assert [str(frame[c].dtype) for c in ("lesion_class", "lesion_mm", "simulated_images")] == [
        "int64",
        "float64",
        "bool",
    ]


def test_a_study_without_cases_has_an_empty_frame(store: Store) -> None:
    frame = store.cases()
    assert len(frame) == 0
    assert {"code", "lesion_class", "lesion_mm"} <= set(frame.columns)
    assert store.add_cases([]) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lesion_class": 7}, "Unknown lesion class"),
        ({"lesion_mm": 0.0}, "lesion diameter"),
        ({"lesion_mm": float("nan")}, "lesion diameter"),
        ({"code": " "}, "no code"),
        ({"code": "P" * 65}, "up to 64 printable characters"),
        ({"code": "P\x001"}, "printable"),
        ({"code": "P\n1"}, "printable"),
        ({"code": "=HYPERLINK(1)"}, "code cannot be used"),
        ({"code": "@x"}, "code cannot be used"),
        ({"clinical": {"code": 1}}, "name of a column"),
        ({"clinical": {"age": object()}}, "clinical data"),
        ({"clinical": {"age": float("inf")}}, "clinical data"),
    ],
)
def test_one_bad_case_keeps_all_out(store: Store, change: dict, message: str) -> None:
    before = row_counts(store)
    with pytest.raises(InputError, match=message):
        store.add_cases([new_case(1), dataclasses.replace(new_case(2), **change)])
    assert row_counts(store) == before


def test_a_code_is_taken_once(store: Store) -> None:
    store.add_case(new_case(1))
    before = row_counts(store)
    with pytest.raises(ConflictError, match="code exists already"):
        store.add_cases([new_case(2), new_case(1)])
    assert row_counts(store) == before


def test_a_missing_case_is_named(store: Store) -> None:
    with pytest.raises(InputError, match=r"no such case.*5"):
        store.case(5)


def test_cases_need_a_study(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="no such study"):
        Store(tmp_path / "empty.db").add_case(new_case(1))
