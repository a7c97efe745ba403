from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dls.errors import AccessError, InputError
from dls.study import audit
from dls.study.interaction import MOST_EVENTS, interactions, record_interaction
from dls.study.store import Store
from tests.study.tiny_study import code_of, row_counts, sign_case, tiny_study

VISIT = "0123456789abcdef"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return tiny_study(tmp_path / "study.db")


def record(store: Store, events: Any, part: int = 1, code: str | None = None, **more: Any) -> bool:
    own = {"visit": VISIT, "part": part, "stage": 1, "events": events, **more}
    return record_interaction(store, 1, code or code_of(store, 1, 2), **own)


def test_times_are_counted_up_over_the_parts_of_a_visit(store: Store) -> None:
    assert record(store, [[5, "t", 3], [10, "k", 3, 14]])
    assert record(store, [[20, "w", 3, 400, 900], [1, "p", 1]], part=2)
    assert record(store, [[7, "k", 0, 2]], visit="f" * 16)
    found = interactions(store)
    assert found.seconds.tolist() == [0.5, 1.5, 3.5, 3.6, 0.7]
    assert found.event.tolist() == ["t", "k", "w", "p", "k"]
    assert found.series.fillna(-1).tolist() == [3, 3, 3, -1, 0]
    assert found.a.fillna(-1).tolist() == [-1, 14, 400, 1, 2]
    assert found.b.fillna(-1).tolist() == [-1, -1, 900, -1, -1]
    assert set(found.case_id) == {2}
    assert audit.verify(store).ok


def test_a_part_that_is_sent_again_is_kept_once(store: Store) -> None:
    assert record(store, [[5, "t", 3]])
    before = row_counts(store)
    assert not record(store, [[5, "t", 3]])
    assert row_counts(store) == before


def test_the_last_part_may_come_after_the_signature(store: Store) -> None:
    sign_case(store, 1, 2)
    assert record(store, [[5, "t", 3]])


def test_a_readers_own_cases_only(store: Store) -> None:
    with pytest.raises(AccessError):
        record(store, [[5, "t", 3]], code=code_of(store, 2, 1))
    assert interactions(store).empty


@pytest.mark.parametrize(
    "events",
    [
        [],
        "t",
        [["5", "t", 1]],
        [[5, "t"]],
        [[5, "q", 1]],
        [[5, "k", 1, 2.5]],
        [[-1, "t", 1]],
        [[5, ["t"], 1]],
        [[5, "t", True]],
        [[5, "t", 10**9]],
        [[0, "t", 1]] * (MOST_EVENTS + 1),
    ],
)
def test_malformed_events_are_refused(store: Store, events: Any) -> None:
    before = row_counts(store)
    with pytest.raises(InputError):
        record(store, events)
    assert row_counts(store) == before


@pytest.mark.parametrize("wrong", [{"visit": "x"}, {"visit": 3}, {"part": 0}, {"part": "1"}, {"stage": 3}])
def test_a_visit_has_a_name_parts_and_a_stage(store: Store, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        record(store, [[5, "t", 3]], **wrong)
