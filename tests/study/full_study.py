"""A study in which every sealed table has two rows or more, written by the program's own functions."""

from __future__ import annotations

from pathlib import Path

from dls.domain import LesionClass
from dls.study import audit, reading
from dls.study.accounts import add_account, sign_in
from dls.study.adjudication import adjudicator_queue
from dls.study.consensus import decide, queue
from dls.study.dry_run import start_dry_run
from dls.study.exclusions import exclude, exclude_unseen
from dls.study.freezing import sign_and_freeze
from dls.study.identity import link_identity
from dls.study.interaction import record_interaction
from dls.study.opened import open_study
from dls.study.opinion import model_opinion
from dls.study.order import assign
from dls.study.profiles import ReaderProfile, note_profile
from dls.study.protocol import Protocol, SessionPlan, amend, create_study
from dls.study.reread import sign_reread
from dls.study.sessions import override_washout
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, code_of, new_case, tiny_study

PLAN = Protocol(
    readers=(1, 2),
    sessions=(
        SessionPlan(1, "First", "crossover"),
        SessionPlan(2, "Second", "crossover", 28),
        SessionPlan(3, "Third", "sequential", 28),
    ),
    models=("D",),
    training_cases=(7,),
    hidden_repeats=1,
)


def full_study(path: Path) -> Store:
    """Two readers, a signed protocol, two of six cases read in session 1, excluded and training cases."""
    store = tiny_study(path, cases=9, assigned=False)
    investigator = add_account(store, "ines", "Ines", "investigator", PASSWORD).id
    sign_in(store, "ines", PASSWORD)
    sign_in(store, "reader1", PASSWORD)
    for account, subject in ((1, "sub-1"), (2, "sub-2")):
        link_identity(store, account, "https://login.example", subject, by=investigator)
    for account in (1, 2):
        note_profile(store, account, ReaderProfile(4 + account, "abdominal radiology"), by=investigator)
    exclude(store, 8, "motion", by=investigator)
    exclude(store, 9, "no histopathology", by=investigator)
    exclude_unseen(store, 12, "declined", by=investigator)
    store.add_predictions("D", "ab" * 32, [*range(1, 8)], [0] * 7, [[0.2, 0.8]] * 7)
    store.add_predictions("C", "cd" * 32, [1, 2], [0, 0], [[0.4, 0.6]] * 2)
    for method in ("tsne", "umap"):
        store.add_embedding("D", method, [1, 2], [0, 0], [[0, 1], [2, 3]], settings={"seed": 1})
    amend(store, PLAN, "crossover as planned", investigator)
    sign_and_freeze(store, investigator, PASSWORD, "I approve this protocol")
    amend(store, Protocol(**{**_fields(PLAN), "analysis_plan": "AUC"}), "plan worded", investigator)
    sign_and_freeze(store, investigator, PASSWORD, "I approve the amendment")
    assign(store)
    start_dry_run(store, investigator, cases=2)
    for reader in (1, 2):
        override_washout(store, reader, 2, "clinic closes", investigator)
        for one in reading.worklist(store, reader):
            if one.session in {1, 1000}:
                read_case(store, reader, one.code, LesionClass(3 + reader))
        reading.save_draft(store, reader, code_of(store, reader, 1, 2), {"lesion_class": reader})
    dispute(store)
    second = create_study(store, "Second", Protocol(readers=(1, 2)))
    open_study(store, second)
    open_study(store, 1)
    assert audit.verify(store).ok
    return store


def dispute(store: Store) -> None:
    """Both readers sign a second study's cases: half in agreement, the others read again and adjudicated."""
    senior = add_account(store, "senior", "Senior", "reader", PASSWORD).id
    plan = Protocol(
        readers=(1, 2), consensus_mode="adjudicator", consensus_reread=True, adjudicators=(senior,)
    )
    number = create_study(store, "Disputed", plan)
    other = Store(store.path, study_id=number, clock=store.clock, password_cost=store.password_cost)
    other.add_cases([new_case(n) for n in range(21, 27)])
    assign(other)
    for reader in (1, 2):
        for one in reading.worklist(other, reader):
            same = one.case_id % 2
            reading.sign(other, reader, one.code, reading.Entry(LesionClass(1 if same else reader), 20))
    for reader in (1, 2):
        for waiting in queue(other, reader):
            sign_reread(other, reader, str(waiting.code), LesionClass(reader), seconds=reader)
    for waiting in adjudicator_queue(other, senior):
        decide(other, waiting.case_id, LesionClass.HCC, by=senior)
    show_answers(store)


def show_answers(store: Store) -> None:
    """Two readers of a third study are shown each other's answers."""
    number = create_study(store, "Joint", Protocol(readers=(1, 2)))
    other = Store(store.path, study_id=number, clock=store.clock, password_cost=store.password_cost)
    other.add_cases([new_case(31), new_case(32)])
    assign(other)
    for reader in (1, 2):
        for one in reading.worklist(other, reader):
            reading.sign(other, reader, one.code, reading.Entry(LesionClass(reader), 20))
    for reader in (1, 2):
        queue(other, reader)


def read_case(store: Store, reader: int, code: str, called: LesionClass) -> None:
    """Sign the stage that is due, after looking at the models' opinion where it is part of it."""
    own = reading.assignment(store, reader, code)
    if own.stage == 2:
        model_opinion(store, reader, code)
    reading.sign(store, reader, code, reading.Entry(called, 70))
    events = [[12, "t", 1], [3, "k", 1, 14], [30, "a", 0]]
    record_interaction(store, reader, code, visit="0123456789abcdef", part=1, stage=own.stage, events=events)


def _fields(plan: Protocol) -> dict:
    return {name: getattr(plan, name) for name in Protocol.__dataclass_fields__}
