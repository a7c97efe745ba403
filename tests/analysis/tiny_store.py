"""The twelve-case study in a real study store, with an investigator who may look at results."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np

from dls.domain import LesionClass
from dls.study import imports
from dls.study.accounts import Role, add_account
from dls.study.cases import NewCase
from dls.study.consensus import add_simulated_consensus
from dls.study.database import CHEAP_PASSWORDS
from dls.study.order import assign
from dls.study.protocol import Protocol, create_study
from dls.study.reading import Entry, OutsideReading, add_simulated, sign, worklist
from dls.study.store import Store
from tests.analysis.tiny_study import CONSENSUS, READERS, tiny_study
from tests.study.test_patients import delivered

INVESTIGATOR = ("investigator", "sesame-opens-it")


def tiny_store(
    path: Path, *, unblinded: bool = True, hidden_repeats: int = 0, one_patient: tuple[int, ...] = ()
) -> Store:
    """Make the store of `tiny_study`; its readers have the accounts 2 and 3 instead of 11 and 12.

    Hidden repeats are all called metastasis by those who read the case before.  The cases `one_patient` are
    lesions of one.
    """
    store = Store(path, password_cost=CHEAP_PASSWORDS)
    add_account(store, INVESTIGATOR[0], "Investigator", Role.INVESTIGATOR, INVESTIGATOR[1])
    accounts = [
        add_account(store, f"reader{n}", f"Reader {n}", Role.READER, "a-long-password").id for n in (1, 2)
    ]
    plan = Protocol(readers=tuple(accounts), investigator_unblinded=unblinded, hidden_repeats=hidden_repeats)
    create_study(store, "Tiny study", plan)
    data = tiny_study()
    store.add_cases(
        NewCase(
            code=row.code,
            lesion_class=LesionClass(row.lesion_class),
            reference_standard=row.reference_standard,
            lesion_mm=row.lesion_mm,
            scanner=row.scanner,
            clinical={"age": 50 + row.Index, "afp": None},
            image_source="phantom:V-001",
            simulated_images=True,
        )
        for row in data.cases.itertuples()
    )
    for lesion, case_id in enumerate(one_patient, start=1):
        imports.add(store, delivered("a", lesion), case_id=case_id)
    assign(store)
    for letter, scores in data.scores.items():
        package, groups = sha256(letter.encode()).hexdigest(), np.zeros(len(scores), int)
        store.add_predictions(letter, package, scores.index, groups, scores.to_numpy())
    rng = np.random.default_rng(1)
    store.add_embedding(
        "A", "tsne", data.cases.index, np.zeros(12, int), rng.normal(size=(12, 2)), settings={"seed": 1}
    )
    add_simulated(
        store,
        (
            OutsideReading(account, case_id, _entry(called))
            for account, calls in zip(accounts, READERS.values(), strict=True)
            for case_id, called in calls.items()
            if case_id > 1
        ),
    )
    disputed = {2, 8, 9, 10}
    add_simulated_consensus(store, {i: LesionClass(c) for i, c in CONSENSUS.items() if i in disputed})
    for account, calls in zip(accounts, READERS.values(), strict=True):
        own = next(a for a in worklist(store, account) if a.case_id == 1)
        sign(store, account, own.code, _entry(calls[1]))
        for again in worklist(store, account):
            if again.status != "signed" and again.case_id in calls:
                sign(store, account, again.code, _entry(LesionClass.METASTASIS))
    return store


def _entry(called: int) -> Entry:
    return Entry(LesionClass(called), 80.0 if called >= 4 else 20.0, active_seconds=30, wall_seconds=40)
