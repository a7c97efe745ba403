"""Sequential, crossover, training, hidden repeats, washout and dry runs, as readers meet them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dls.domain import LesionClass
from dls.errors import AccessError, ConflictError, InputError
from dls.study import cases, reading
from dls.study.accounts import add_account
from dls.study.audit import verify
from dls.study.cases import codes
from dls.study.consensus import queue
from dls.study.dry_run import start_dry_run
from dls.study.exclusions import Flow, exclude, exclude_unseen, flow, left_out
from dls.study.looks import View, look, results_view
from dls.study.opened import open_study, open_study_id, opened_store, studies
from dls.study.opinion import model_opinion, require_shown_model
from dls.study.order import assign, crossover_arms, drawn_order, verify_order, with_repeats
from dls.study.profiles import ReaderProfile, note_profile, profiles
from dls.study.protocol import DRY_RUN, TRAINING, Protocol, SessionPlan, amend, create_study, freeze_id
from dls.study.sessions import gate, override_washout
from dls.study.signed_readings import frame
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, TurnedClock, code_of, new_case, row_counts, tamper, tiny_study

HCC = reading.Entry(LesionClass.HCC, 80)
CYST = reading.Entry(LesionClass.CYST, 5)
LOTS = {"seed": 3, "study_id": 1, "reader_id": 1, "session": 1}


def design(path: Path, *sessions: SessionPlan, cases: int = 6, **fields: object) -> Store:
    """A study of two readers with D's scores of every case and its order drawn."""
    training = fields.pop("training_cases", ())
    store = tiny_study(path / "study.db", cases=cases, assigned=False, sessions=sessions, **fields)
    amend(store, dataclasses.replace(_plan(store), training_cases=training), "training cases chosen")
    scores = [[0.3, 0.7]] * cases
    store.add_predictions("D", "ab" * 32, list(range(1, cases + 1)), [0] * cases, scores)
    assign(store)
    return store


def clock(store: Store) -> TurnedClock:
    assert isinstance(store.clock, TurnedClock)
    return store.clock


def read_session(store: Store, reader: int, session: int) -> None:
    for one in reading.worklist(store, reader):
        if one.session == session:
            while reading.assignment(store, reader, one.code).status != "signed":
                if reading.assignment(store, reader, one.code).stage == 2:
                    model_opinion(store, reader, one.code)
                reading.sign(store, reader, one.code, HCC)


SEQUENTIAL = SessionPlan(1, "Sequential", "sequential")


def test_the_opinion_is_released_after_the_unaided_reading_alone(tmp_path: Path) -> None:
    store = design(tmp_path, SEQUENTIAL, models=("D",))
    code = code_of(store, 1, 1)
    for refused in (model_opinion, lambda *a: require_shown_model(*a, "D")):
        with pytest.raises(AccessError):
            refused(store, 1, code)
    assert reading.sign(store, 1, code, CYST).stage == 1
    with pytest.raises(AccessError):
        require_shown_model(store, 1, code, "D")
    with pytest.raises(ConflictError, match="has not been shown"):
        reading.sign(store, 1, code, HCC)
    (opinion,) = model_opinion(store, 1, code)
    assert (opinion.letter, opinion.called, opinion.package) == ("D", "malignant", "ab" * 32)
    assert opinion.scores == pytest.approx((0.3, 0.7))
    assert require_shown_model(store, 1, code, "D") == 1
    with pytest.raises(AccessError):
        require_shown_model(store, 1, code, "A")
    with pytest.raises(AccessError):
        model_opinion(store, 2, code)
    assert reading.assignment(store, 1, code).stage == 2
    assert reading.sign(store, 1, code, HCC).stage == 2
    kept = store.readings()
    assert kept[["stage", "lesion_class"]].to_numpy().tolist() == [[1, 0], [2, 4]]
    assert reading.assignment(store, 1, code).status == "signed"
    assert verify(store).ok


def test_a_request_sent_again_signs_no_other_stage(tmp_path: Path) -> None:
    store = design(tmp_path, SEQUENTIAL, models=("D",))
    code = code_of(store, 1, 1)
    reading.sign(store, 1, code, CYST, stage=1)
    model_opinion(store, 1, code)
    before = row_counts(store)
    with pytest.raises(ConflictError, match="signed already"):
        reading.sign(store, 1, code, CYST, stage=1)
    assert row_counts(store) == before


def test_what_was_shown_first_is_what_stays_shown(tmp_path: Path) -> None:
    store = design(tmp_path, SEQUENTIAL, models=("D",))
    code = code_of(store, 1, 1)
    reading.sign(store, 1, code, CYST)
    first = model_opinion(store, 1, code)
    before = row_counts(store)
    amend(store, dataclasses.replace(_plan(store), operating_points={"D": 0.9}), "another threshold")
    assert model_opinion(store, 1, code) == first
    assert row_counts(store)["opinion_shown"] == before["opinion_shown"]


def test_an_unaided_reading_stays_once_the_opinion_was_shown(tmp_path: Path) -> None:
    store = design(tmp_path, SEQUENTIAL, models=("D",))
    code = code_of(store, 1, 1)
    reading.sign(store, 1, code, CYST)
    reading.revise(store, 1, code, HCC, "rim seen")
    model_opinion(store, 1, code)
    with pytest.raises(ConflictError, match="model's opinion on this case has been shown"):
        reading.revise(store, 1, code, CYST, "as the model says")
    reading.sign(store, 1, code, CYST)
    changed = reading.revise(store, 1, code, HCC, "slip of the key")
    assert (changed.stage, changed.revision) == (2, 2)


def test_the_opinion_is_never_shown_unaided_and_at_once_when_aided(tmp_path: Path) -> None:
    store = design(tmp_path, SessionPlan(1, "A", "aided"), models=("D",))
    code = code_of(store, 1, 1)
    with pytest.raises(ConflictError, match="has not been shown"):
        reading.sign(store, 1, code, HCC)
    model_opinion(store, 1, code)
    assert reading.sign(store, 1, code, HCC).stage == 2
    other = tiny_study(tmp_path / "other.db")
    reading.sign(other, 1, code_of(other, 1, 1), HCC)
    with pytest.raises(AccessError):
        model_opinion(other, 1, code_of(other, 1, 1))


def test_a_case_without_scores_has_no_opinion(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db", sessions=(SessionPlan(1, "A", "aided"),))
    with pytest.raises(ConflictError, match="No model of the protocol has scored"):
        model_opinion(store, 1, code_of(store, 1, 1))


CROSSED = (SessionPlan(1, "First", "crossover"), SessionPlan(2, "Second", "crossover", 28))


def test_a_crossover_gives_each_case_once_with_and_once_without_the_model(tmp_path: Path) -> None:
    store = design(tmp_path, *CROSSED, cases=14, models=("D",))
    for reader in (1, 2):
        arms = {(a.case_id, a.session): a.condition for a in reading.worklist(store, reader)}
        for case_id in range(1, 15):
            assert {arms[case_id, 1], arms[case_id, 2]} == {"aided", "unaided"}
        assert Counter(arms[c, 1] for c in range(1, 15)) == {"aided": 7, "unaided": 7}
    first, second = ({a.case_id: a.condition for a in reading.worklist(store, r)} for r in (1, 2))
    assert all(first[c] != second[c] for c in range(1, 15))
    assert verify_order(store) == ()


@given(
    classes=st.dictionaries(st.integers(1, 500), st.integers(0, 6), min_size=1, max_size=60),
    seed=st.integers(0, 9),
    number=st.integers(0, 5),
)
def test_arms_are_balanced_in_all_and_in_every_class(classes: dict[int, int], seed: int, number: int) -> None:
    arms = crossover_arms(classes, seed=seed, study_id=1, number=number, session=1)
    swapped = crossover_arms(classes, seed=seed, study_id=1, number=number, session=2)
    assert all(arms[c] != swapped[c] for c in classes)
    for lesion in {None, *classes.values()}:
        of_class = Counter(arms[c] for c in classes if lesion is None or classes[c] == lesion)
        assert abs(of_class["aided"] - of_class["unaided"]) <= 1


@given(n=st.integers(3, 80), share=st.integers(1, 3))
def test_repeats_come_late_and_every_case_comes_once_as_itself(n: int, share: int) -> None:
    repeats = n // 3 // share
    order = drawn_order(range(n), **LOTS)
    placed = with_repeats(order, repeats, **LOTS)
    assert [c for c, occasion in placed if occasion == 1] == order
    again = [c for c, occasion in placed if occasion == 2]
    assert len(set(again)) == len(again) == repeats
    for case_id in again:
        assert placed.index((case_id, 2)) - placed.index((case_id, 1)) > n // 2 - n // 3 - 1
    assert with_repeats(order, repeats, **LOTS) == placed


def test_too_many_repeats_are_refused() -> None:
    with pytest.raises(InputError, match="a third of 8"):
        with_repeats(list(range(8)), 3, **LOTS)


def test_hidden_repeats_are_outside_consensus_and_progress(tmp_path: Path) -> None:
    store = design(tmp_path, SessionPlan(), hidden_repeats=2)
    assert len(reading.worklist(store, 1)) == 8
    for reader in (1, 2):
        read_session(store, reader, 1)
    assert len(store.consensus()) == 6
    assert (store.readings()["occasion"] == 2).sum() == 4
    assert verify_order(store) == ()


def test_an_arm_or_repeat_that_was_changed_is_found(tmp_path: Path) -> None:
    store = design(tmp_path, *CROSSED, hidden_repeats=1)
    tamper(store, lambda c: c.execute("UPDATE arm SET condition = 'sequential' WHERE id = 1"))
    assert verify_order(store)
    assert not verify(store).ok


def test_a_washout_is_enforced_by_the_servers_clock(tmp_path: Path) -> None:
    store = design(tmp_path, *CROSSED, models=("D",))
    later = code_of(store, 1, 1, session=2)
    assert gate(store, 1, 2).closed_because == "Session 2 opens after session 1"
    with pytest.raises(ConflictError, match="opens after session 1"):
        reading.assignment(store, 1, later)
    read_session(store, 1, 1)
    clock(store).turn(days=27, hours=23)
    closed = gate(store, 1, 2)
    assert closed.opens_at == "2026-03-30T09:00:00.000000Z"
    for refused in (
        lambda: reading.assignment(store, 1, later),
        lambda: reading.save_draft(store, 1, later, {}),
        lambda: reading.sign(store, 1, later, HCC),
        lambda: model_opinion(store, 1, later),
    ):
        with pytest.raises(ConflictError, match="opens on 2026-03-30 09:00 UTC"):
            refused()
    assert reading.next_assignment(store, 1) is None
    assert gate(store, 2, 2).closed_because
    clock(store).turn(hours=1)
    assert gate(store, 1, 2).open
    following = reading.next_assignment(store, 1)
    assert following is not None
    assert following.session == 2


def test_an_overridden_washout_is_kept_with_its_reason(tmp_path: Path) -> None:
    store = design(tmp_path, *CROSSED, models=("D",))
    read_session(store, 1, 1)
    with pytest.raises(InputError, match="needs a reason"):
        override_washout(store, 1, 2, " ")
    with pytest.raises(InputError, match="no such washout"):
        override_washout(store, 1, 3, "r")
    override_washout(store, 1, 2, "leaves the clinic")
    with pytest.raises(ConflictError, match="overridden already"):
        override_washout(store, 1, 2, "again")
    assert gate(store, 1, 2).open
    assert not gate(store, 2, 2).open


def test_an_unaided_reading_cannot_change_after_the_same_case_was_seen_aided(tmp_path: Path) -> None:
    store = design(tmp_path, *CROSSED, models=("D",))
    read_session(store, 1, 1)
    clock(store).turn(days=29)
    unaided = next(a for a in reading.worklist(store, 1) if a.session == 1 and a.condition == "unaided")
    reading.revise(store, 1, unaided.code, CYST, "before the second session")
    model_opinion(store, 1, code_of(store, 1, unaided.case_id, session=2))
    with pytest.raises(ConflictError, match="has been shown to you"):
        reading.revise(store, 1, unaided.code, HCC, "after it")


def test_training_comes_first_and_is_no_part_of_the_study(tmp_path: Path) -> None:
    store = design(tmp_path, SessionPlan(), training_cases=(2, 5))
    assert sorted(store.cases().index) == [1, 3, 4, 6]
    first = reading.next_assignment(store, 1)
    assert first is not None
    assert (first.session, first.case_id in {2, 5}) == (TRAINING, True)
    with pytest.raises(ConflictError, match="opens after the training cases"):
        reading.assignment(store, 1, code_of(store, 1, 1))
    for reader in (1, 2):
        read_session(store, reader, TRAINING)
    assert freeze_id(store) is None
    assert store.readings().empty
    assert len(frame(store, rehearsals=True)) == 4
    assert store.consensus().empty
    following = reading.next_assignment(store, 1)
    assert following is not None
    assert following.session == 1
    assert verify_order(store) == ()
    with pytest.raises(ConflictError, match="training cases"):
        amend(store, dataclasses.replace(_plan(store), training_cases=()), "no training")


def test_a_training_case_must_be_in_the_study(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not in the database"):
        tiny_study(tmp_path / "s.db", training_cases=(99,))
    store = tiny_study(tmp_path / "t.db")
    number = create_study(store, "Other", Protocol(readers=(1,), training_cases=(1,)))
    other = Store(store.path, study_id=number)
    other.add_case(new_case(30))
    with pytest.raises(InputError, match="not in the study"):
        assign(other)
    assert cases.include(other, [1]) == 1
    assert assign(other) == 2


def test_a_dry_run_leaves_the_study_untouched(tmp_path: Path) -> None:
    store = design(tmp_path, *CROSSED, models=("D",))
    ines = add_account(store, "ines", "Ines", "investigator", PASSWORD).id
    results = (results_view(store), flow(store), store.readings().to_csv(), freeze_id(store))
    session = start_dry_run(store, ines, cases=4)
    assert session == DRY_RUN
    own = reading.worklist(store, ines)
    assert [a.condition for a in own] == ["unaided", "aided"] * 2
    read_session(store, ines, session)
    assert (results_view(store), flow(store), store.readings().to_csv(), freeze_id(store)) == results
    assert len(frame(store, rehearsals=True)) == 4
    assert start_dry_run(store, ines) == DRY_RUN + 1
    assert verify(store).ok
    assert verify_order(store) == ()
    with pytest.raises(AccessError, match="for investigators"):
        start_dry_run(store, 1)
    with pytest.raises(InputError, match="1 to 20"):
        start_dry_run(store, ines, cases=0)


def test_a_dry_run_before_the_design_is_final_stops_no_change(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db", assigned=False)
    ines = add_account(store, "ines", "Ines", "investigator", PASSWORD).id
    start_dry_run(store, ines)
    store.add_case(new_case(9))
    amend(store, dataclasses.replace(_plan(store), hidden_repeats=1), "repeats")
    assert assign(store) == 12


def test_a_ranking_is_signed_where_the_protocol_asks_for_it(tmp_path: Path) -> None:
    store = design(tmp_path, SessionPlan(), ranking_asked=True)
    code = code_of(store, 1, 1)
    with pytest.raises(InputError, match="a ranking of the classes"):
        reading.sign(store, 1, code, HCC)
    reading.sign(store, 1, code, reading.Entry(LesionClass.HCC, 80, (LesionClass.HCC, LesionClass.FNH)))
    other = tiny_study(tmp_path / "o.db")
    ranked = reading.Entry(LesionClass.HCC, 80, (LesionClass.HCC,))
    with pytest.raises(InputError, match="no ranking"):
        reading.sign(other, 1, code_of(other, 1, 1), ranked)


def test_a_reading_stays_once_the_others_answers_were_shown(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db")
    for reader, entry in ((1, HCC), (2, CYST)):
        reading.sign(store, reader, code_of(store, reader, 1), entry)
    queue(store)
    reading.revise(store, 1, code_of(store, 1, 1), reading.Entry(LesionClass.FNH, 10), "scar")
    queue(store, 1)
    before = row_counts(store)
    queue(store, 1)
    assert row_counts(store) == before
    with pytest.raises(ConflictError, match="other readers' answers"):
        reading.revise(store, 1, code_of(store, 1, 1), CYST, "as the other says")
    reading.revise(store, 2, code_of(store, 2, 1), reading.Entry(LesionClass.FNH, 10), "saw it too")
    assert store.consensus()["mode"].tolist() == ["unanimous"]
    assert verify(store).ok


def test_exclusions_are_counted_with_their_reasons(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db", cases=5, assigned=False)
    amend(store, dataclasses.replace(_plan(store), training_cases=(5,)), "one for training")
    exclude(store, 2, "motion")
    exclude_unseen(store, 7, "declined")
    exclude_unseen(store, 2, "motion")
    assert flow(store) == Flow(14, {"motion": 3, "declined": 7}, 1, 3)
    assert left_out(store) == {"motion": [store.case(2).code], "": [store.case(5).code]}
    assert sorted(store.cases().index) == [1, 3, 4]
    assert codes(store) == store.cases()["code"].to_dict()
    for bad, error in (
        (lambda: exclude(store, 2, "again"), ConflictError),
        (lambda: exclude(store, 99, "no such"), InputError),
        (lambda: exclude(store, 1, " "), InputError),
        (lambda: exclude_unseen(store, 0, "none"), InputError),
    ):
        with pytest.raises(error):
            bad()
    assign(store)
    assert verify_order(store) == ()
    with pytest.raises(ConflictError, match="order has been drawn"):
        exclude(store, 1, "late")
    exclude_unseen(store, 1, "found later")
    assert flow(store).assessed == 15


def test_readers_have_profiles_and_the_newest_counts(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db")
    ines = add_account(store, "ines", "Ines", "investigator", PASSWORD).id
    note_profile(store, 1, ReaderProfile(3, "radiology"), by=ines)
    note_profile(store, 1, ReaderProfile(4, "abdominal radiology"), by=ines)
    assert profiles(store) == {1: ReaderProfile(4, "abdominal radiology")}
    for account, profile in (
        (ines, ReaderProfile(3, "x")),
        (1, ReaderProfile(-1, "x")),
        (1, ReaderProfile(float("nan"), "x")),
        (1, ReaderProfile(3, "")),
    ):
        with pytest.raises(InputError):
            note_profile(store, account, profile)


@pytest.mark.parametrize(("policy", "view"), [("closed", View.CLOSED), ("with reason", View.AFTER_REASON)])
def test_results_are_kept_back_or_opened_by_a_reason(tmp_path: Path, policy: str, view: View) -> None:
    store = tiny_study(tmp_path / "s.db", cases=1, interim_looks=policy)
    assert results_view(store) is view
    if view is View.CLOSED:
        with pytest.raises(AccessError):
            look(store, "Accuracy", 1, "curious")
    else:
        with pytest.raises(InputError, match="needs a reason"):
            look(store, "Accuracy", 1)
        look(store, "Accuracy", 1, "futility, as planned")
    for reader in (1, 2):
        reading.sign(store, reader, code_of(store, reader, 1), HCC)
    assert results_view(store) is View.OPEN


def test_an_unfinished_second_stage_keeps_results_closed(tmp_path: Path) -> None:
    store = design(tmp_path, SEQUENTIAL, cases=1, models=("D",))
    for reader in (1, 2):
        reading.sign(store, reader, code_of(store, reader, 1), HCC)
    assert results_view(store) is View.CLOSED
    for reader in (1, 2):
        read_session(store, reader, 1)
    assert results_view(store) is View.OPEN


def test_one_study_of_the_file_is_open(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db")
    assert open_study_id(store) == 1
    number = create_study(store, "Second", Protocol(readers=(1,)))
    open_study(store, number)
    assert opened_store(store.path).study_id == number == 2
    assert studies(store) == {1: "Tiny study", 2: "Second"}
    with pytest.raises(InputError, match="no such study"):
        open_study(store, 3)


def _plan(store: Store) -> Protocol:
    from dls.study.protocol import protocol

    return protocol(store)
