from __future__ import annotations

import threading
from pathlib import Path

import pandas as pd
import pytest

from dls.domain import LesionClass
from dls.errors import AccessError, ConflictError, DLSError, InputError
from dls.study import protocol
from dls.study.accounts import disable, set_role
from dls.study.audit import verify
from dls.study.reading import (
    Assignment,
    Entry,
    OutsideReading,
    add_simulated,
    assignment,
    next_assignment,
    revise,
    save_draft,
    sign,
    signed_reading,
    worklist,
)
from dls.study.store import Store
from tests.study.tiny_study import code_of, row_counts, sign_case, tiny_study

ENTRY = Entry(LesionClass.HCC, 85.5, comment="capsule", active_seconds=12.5, wall_seconds=20)


def test_a_worklist_is_in_order_and_unread(store: Store) -> None:
    found = worklist(store, 1)
    assert [a.position for a in found] == [1, 2, 3, 4]
    assert {a.case_id for a in found} == {1, 2, 3, 4}
    assert {a.status for a in found} == {"unread"}
    assert worklist(store, 99) == []


def test_codes_differ_between_readers_and_say_nothing(store: Store) -> None:
    codes = [a.code for reader in (1, 2) for a in worklist(store, reader)]
    assert len(set(codes)) == 8
    assert all(len(code) == 12 and code.isalnum() for code in codes)


def test_a_case_goes_from_unread_over_draft_to_signed(store: Store) -> None:
    code = worklist(store, 1)[0].code
    save_draft(store, 1, code, {"lesion_class": 4, "comment": "ca"})
    save_draft(store, 1, code, {"lesion_class": 4, "comment": "capsule"})
    drafted = assignment(store, 1, code)
    assert (drafted.status, drafted.draft) == ("draft", {"lesion_class": 4, "comment": "capsule"})
    assert signed_reading(store, 1, code) is None
    made = sign(store, 1, code, ENTRY)
    assert signed_reading(store, 1, code) == made
    assert made.entry == ENTRY
    assert (made.revision, made.simulated) == (1, False)
    after = assignment(store, 1, code)
    assert (after.status, after.draft) == ("signed", None)


def test_the_next_case_is_the_first_unsigned_one_behind_then_from_the_start(store: Store) -> None:
    codes = [a.code for a in worklist(store, 1)]

    def following(after: str | None) -> str | None:
        found = next_assignment(store, 1, after)
        return None if found is None else found.code

    assert following(None) == codes[0]
    assert following(codes[1]) == codes[2]
    sign(store, 1, codes[2], ENTRY)
    assert following(codes[1]) == codes[3]
    assert following(codes[3]) == codes[0]
    for code in (codes[0], codes[1], codes[3]):
        sign(store, 1, code, ENTRY)
    assert following(codes[3]) is None


def test_a_second_reading_is_refused(store: Store) -> None:
    code = worklist(store, 1)[0].code
    sign(store, 1, code, ENTRY)
    before = row_counts(store)
    with pytest.raises(ConflictError, match="signed already"):
        sign(store, 1, code, ENTRY)
    with pytest.raises(ConflictError, match="signed already"):
        save_draft(store, 1, code, {})
    assert row_counts(store) == before


@pytest.mark.parametrize("act", [assignment, next_assignment, signed_reading])
@pytest.mark.parametrize("code_of_whom", ["another reader", "nobody"])
def test_a_code_of_somebody_else_or_nobody_is_refused_alike(store: Store, act, code_of_whom: str) -> None:  # type: ignore[no-untyped-def]
    code = worklist(store, 2)[0].code if code_of_whom == "another reader" else "guessedguess"
    with pytest.raises(AccessError, match="no such case on your worklist"):
        act(store, 1, code)


def test_writing_under_a_code_of_somebody_else_changes_nothing(store: Store) -> None:
    code = worklist(store, 2)[0].code
    before = row_counts(store)
    for write in (
        lambda: sign(store, 1, code, ENTRY),
        lambda: save_draft(store, 1, code, {}),
        lambda: revise(store, 1, code, ENTRY, "why"),
    ):
        with pytest.raises(AccessError):
            write()
    assert row_counts(store) == before


@pytest.mark.parametrize(
    "values",
    [
        {"lesion_class": 7},
        {"lesion_class": "abscess"},
        {"lesion_class": True},
        {"lesion_class": 4.5},
        {"malignancy": 100.1},
        {"malignancy": -1},
        {"malignancy": float("nan")},
        {"malignancy": "80"},
        {"malignancy": True},
        {"ranking": (LesionClass.CYST, LesionClass.HCC)},
        {"ranking": (LesionClass.HCC, LesionClass.HCC)},
        {"ranking": ()},
        {"active_seconds": -0.1},
        {"wall_seconds": float("inf")},
        {"comment": "x" * 10001},
    ],
)
def test_entries_out_of_range_are_refused(values: dict) -> None:
    with pytest.raises(InputError):
        Entry(**{"lesion_class": LesionClass.HCC, "malignancy": 80, **values})


def test_the_bounds_of_an_entry_are_allowed() -> None:
    assert Entry("hcc", 0).lesion_class is LesionClass.HCC  # type: ignore[arg-type]
    assert Entry(4, 100, ranking=(4, 5)).ranking == (LesionClass.HCC, LesionClass.METASTASIS)  # type: ignore[arg-type]


def test_a_large_or_unwritable_draft_is_refused(store: Store) -> None:
    code, before = worklist(store, 1)[0].code, row_counts(store)
    for draft in ({"comment": "x" * 70000}, {"comment": object()}, {"malignancy": float("nan")}):
        with pytest.raises(InputError):
            save_draft(store, 1, code, draft)
    assert row_counts(store) == before


@pytest.mark.parametrize("change", [disable, lambda s, a: set_role(s, a, "investigator")])
def test_an_account_that_may_not_read_any_more_cannot_sign(store: Store, change) -> None:  # type: ignore[no-untyped-def]
    code = worklist(store, 1)[0].code
    change(store, 1)
    before = row_counts(store)
    with pytest.raises(AccessError, match="may not sign"):
        sign(store, 1, code, ENTRY)
    assert row_counts(store) == before


def test_a_revision_keeps_what_was_signed_before(store: Store) -> None:
    code = code_of(store, 1, 1)
    first = sign(store, 1, code, ENTRY)
    changed = Entry(LesionClass.METASTASIS, 95)
    second = revise(store, 1, code, changed, "seen again")
    assert signed_reading(store, 1, code) == second
    assert (second.revision, second.entry) == (2, changed)
    assert store.readings()["reading_id"].tolist() == [second.id]
    every = store.readings(revisions=True)
    assert every["reading_id"].tolist() == [first.id, second.id]
    assert every["lesion_class"].tolist() == [4, 5]


def test_a_revision_needs_a_reading_and_a_reason(store: Store) -> None:
    code = code_of(store, 1, 1)
    with pytest.raises(ConflictError, match="no signed reading"):
        revise(store, 1, code, ENTRY, "why")
    sign(store, 1, code, ENTRY)
    with pytest.raises(InputError, match="reason"):
        revise(store, 1, code, ENTRY, "  ")


def test_readings_as_a_frame(store: Store) -> None:
    sign(store, 2, code_of(store, 2, 3), ENTRY)
    add_simulated(store, [OutsideReading(1, 3, Entry(LesionClass.CYST, 5))])
    frame = store.readings()
    assert frame["reader"].tolist() == ["Reader 2", "Reader 1"]
    assert frame["simulated"].tolist() == [False, True]
    assert frame["malignancy"].tolist() == [85.5, 5.0]
    assert frame["comment"].tolist() == ["capsule", ""]
    assert frame["signed_at"].tolist() == [pd.Timestamp("2026-03-02T09:00Z")] * 2
    dtypes = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert dtypes["signed_at"] == "datetime64[us, UTC]"
    assert dtypes["simulated"] == "bool"
    assert dtypes["comment"] == dtypes["reader"] == "str"
    assert dtypes["lesion_class"] == dtypes["case_id"] == "int64"


def test_a_frame_without_readings_has_the_same_columns(store: Store) -> None:
    empty = store.readings()
    sign_case(store, 1, 1)
    full = store.readings()
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_simulated_readings_come_all_or_none(store: Store) -> None:
    before = row_counts(store)
    good, unknown = OutsideReading(1, 1, ENTRY), OutsideReading(1, 99, ENTRY)
    with pytest.raises(InputError, match="not assigned"):
        add_simulated(store, [good, unknown])
    with pytest.raises(ConflictError, match="signed already"):
        add_simulated(store, [good, good])
    assert row_counts(store) == before
    assert add_simulated(store, []) == 0


def test_simulated_readings_do_not_freeze_the_protocol_and_real_ones_do(store: Store) -> None:
    add_simulated(store, [OutsideReading(1, 1, ENTRY)])
    assert protocol.freeze_id(store) is None
    sign_case(store, 1, 2)
    frozen = protocol.freeze_id(store)
    assert frozen is not None
    sign_case(store, 1, 3)
    assert protocol.freeze_id(store) == frozen


def test_readers_signing_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "study.db", cases=12)
    failures: list[DLSError] = []

    def read(share: list[Assignment]) -> None:
        for one in share:
            try:
                sign(Store(store.path), one.reader_id, one.code, ENTRY)
            except DLSError as error:
                failures.append(error)

    shares = [worklist(store, reader)[part::2] for reader in (1, 2) for part in (0, 1)]
    in_threads(*(lambda share=share: read(share) for share in shares))
    assert failures == []
    assert len(store.readings()) == 24
    assert len(store.consensus()) == 12
    assert verify(store).ok


def test_a_case_signed_twice_at_once_has_one_reading(store: Store) -> None:
    code = worklist(store, 1)[0].code
    together, outcomes = threading.Barrier(6), []

    def race() -> None:
        together.wait()
        try:
            outcomes.append(sign(store, 1, code, ENTRY).revision)
        except ConflictError:
            outcomes.append("refused")

    in_threads(*[race] * 6)
    assert sorted(map(str, outcomes)) == ["1"] + ["refused"] * 5
    assert len(store.readings(revisions=True)) == 1
    assert verify(store).ok


def in_threads(*work) -> None:  # type: ignore[no-untyped-def]
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
