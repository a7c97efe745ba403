"""A new study: its design, readers, models and cases, from widgets to a protocol."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from dls.domain import MODELS, LesionClass, Task
from dls.errors import DLSError
from dls.study import cases
from dls.study.accounts import Account, Role, accounts
from dls.study.design import (
    SHORTEST_WASHOUT_WEEKS,
    CaseCriteria,
    Design,
    database_cases,
    eligible,
    ineligible,
    sessions_of,
)
from dls.study.exclusions import exclude_unseen
from dls.study.opened import open_study
from dls.study.protocol import ConsensusMode, Protocol, SessionPlan, create_study
from dls.study.store import Store

LOOKS = {
    "closed until the last reading": {"investigator_unblinded": False, "interim_looks": "closed"},
    "each look with a reason": {"investigator_unblinded": False, "interim_looks": "with reason"},
    "open (unblinded)": {"investigator_unblinded": True, "interim_looks": "closed"},
}


def study_builder(store: Store, who: Account) -> None:
    """The form of a new study; the study is made when everything fits, or nothing is."""
    title = st.text_input("Title of the new study")
    design, sessions = _choose_sessions()
    fields = _choose_people_and_models(store, design)
    chosen, dropped = _choose_cases(store)
    labels = [LesionClass(int(lesion)).label for lesion in chosen["lesion_class"]]
    codes = {
        f"{code} ({label})": int(number)
        for number, code, label in zip(chosen.index, chosen["code"], labels, strict=True)
    }
    training = st.multiselect("Training cases, outside the analysis", list(codes), key="new training")
    repeats = st.number_input("Hidden repeats a reader and session", 0, len(codes) // 3, key="new repeats")
    unseen = st.number_input("Patients excluded before import", 0, key="new unseen")
    reason = st.text_input("Reason of their exclusion", key="new unseen reason") if unseen else ""
    if not st.button("Create the study", type="primary", icon=":material/add:"):
        return
    try:
        plan = Protocol(
            **fields,
            sessions=sessions,
            training_cases=tuple(codes[name] for name in training),
            hidden_repeats=int(repeats),
        )
        number = create_study(store, title, plan, who.id)
        made = Store(store.path, study_id=number)
        cases.include(made, [int(i) for i in chosen.index], who.id)
        for why, count in dropped.items():
            exclude_unseen(made, count, why, who.id)
        if unseen:
            exclude_unseen(made, int(unseen), reason, who.id)
        open_study(store, number, who.id)
    except DLSError as error:
        st.error(str(error))
        return
    st.success(f"Study {number} is made and open. Freeze its protocol to draw the readers' order.")


def protocol_fields(plan: Protocol, store: Store) -> Protocol:
    """The fields of a protocol that may change after the order is drawn, as an amended protocol."""
    shown = next(
        name
        for name, policy in LOOKS.items()
        if (plan.investigator_unblinded, plan.interim_looks if not plan.investigator_unblinded else "closed")
        == (policy["investigator_unblinded"], policy["interim_looks"])
    )
    policy = st.selectbox(
        "Investigators see results", list(LOOKS), index=list(LOOKS).index(shown), key="amend looks"
    )
    names = _readers(store)
    readers = st.multiselect(
        "Readers", list(names), [n for n, i in names.items() if i in plan.readers], key="amend readers"
    )
    chosen = [names[name] for name in readers]
    deciding = [name for name, number in names.items() if number in plan.adjudicators]
    if plan.consensus_mode == "adjudicator":
        outside = [name for name in names if name not in readers]
        kept = [name for name in deciding if name in outside]
        deciding = st.multiselect("Adjudicator, none of the readers", outside, kept, key="amend adjudicators")
    return replace(
        plan,
        readers=(*(i for i in plan.readers if i in chosen), *(i for i in chosen if i not in plan.readers)),
        adjudicators=tuple(names[name] for name in deciding),
        operating_points=_operating_points(dict(plan.operating_points), "amend"),
        clinical_shown=st.checkbox("Readers see clinical data", plan.clinical_shown, key="amend clinical"),
        analysis_plan=st.text_area("Analysis plan", plan.analysis_plan, key="amend plan"),
        **LOOKS[policy],  # type: ignore[arg-type]
    )


def _choose_sessions() -> tuple[Design, tuple[SessionPlan, ...]]:
    design = Design(st.selectbox("Design", [str(d) for d in Design], key="new design"))
    left, right = st.columns(2)
    count = 2 if design is Design.CROSSOVER else int(left.number_input("Sessions", 1, 6, key="new sessions"))
    weeks = 0
    if count > 1:
        weeks = int(right.number_input("Washout, weeks", 0, 52, SHORTEST_WASHOUT_WEEKS, key="new washout"))
        if weeks < SHORTEST_WASHOUT_WEEKS:
            st.warning(f"Readers may remember cases: at least {SHORTEST_WASHOUT_WEEKS} weeks are advised.")
    return design, sessions_of(design, weeks=weeks, sessions=count)


def _choose_people_and_models(store: Store, design: Design) -> dict[str, Any]:
    names = _readers(store)
    readers = st.multiselect("Readers", list(names), list(names), key="new readers")
    models = st.multiselect("Models to compare", list(MODELS), list(MODELS), key="new models")
    shown: list[str] = []
    if design is not Design.UNAIDED:
        shown = st.multiselect("Models whose opinion readers see", models, models[:1], key="new shown")
    policy = st.selectbox("Investigators see results", list(LOOKS), key="new looks")
    mode = _choose_consensus()
    again = st.checkbox("Readers who differ first read the case again, each alone", key="new reread")
    outside = [name for name in names if name not in readers]
    adjudicators: list[str] = []
    if mode == "adjudicator":
        adjudicators = st.multiselect("Adjudicator, none of the readers", outside, key="new adjudicators")
    return {
        "readers": tuple(names[name] for name in readers),
        "models": tuple(models),
        "opinion_models": tuple(shown),
        "operating_points": _operating_points({}, "new"),
        "consensus_mode": mode,
        "consensus_reread": again,
        "adjudicators": tuple(names[name] for name in adjudicators),
        "clinical_shown": st.checkbox("Readers see clinical data", True, key="new clinical"),
        "ranking_asked": st.checkbox("Readers rank the classes", key="new ranking"),
        "analysis_plan": st.text_area("Analysis plan", key="new plan"),
        "seed": int(st.number_input("Seed of the order", 0, value=2020, key="new seed")),
        **LOOKS[policy],
    }


def _readers(store: Store) -> dict[str, int]:
    """Accounts of readers by name; of people of one name, by name and user name."""
    people = [a.account for a in accounts(store) if a.account.role is Role.READER]
    count = Counter(person.name for person in people)
    return {p.name if count[p.name] == 1 else f"{p.name} ({p.username})": p.id for p in people}


def _choose_consensus() -> ConsensusMode:
    modes: dict[ConsensusMode, str] = {
        "joint": "all who differ, together",
        "majority": "the majority's class; without one, all together",
        "adjudicator": "an adjudicator",
    }
    return st.selectbox(
        "Where readers differ, the consensus is made by",
        list(modes),
        format_func=modes.__getitem__,
        key="new consensus",
    )


def _operating_points(present: dict[str, float], prefix: str) -> dict[str, float]:
    """Thresholds of the benign/malignant models; at 0.5 a model calls the class with the larger score."""
    letters = [letter for letter, spec in MODELS.items() if spec.task is Task.BENIGN_MALIGNANT]
    columns, points = st.columns(len(letters)), {}
    for column, letter in zip(columns, letters, strict=True):
        value = column.number_input(
            f"{MODELS[letter].name}: malignant from a score of",
            0.0,
            1.0,
            present.get(letter, 0.5),
            0.01,
            key=f"{prefix} threshold {letter}",
        )
        points[letter] = float(value)
    return points


def _choose_cases(store: Store) -> tuple[pd.DataFrame, dict[str, int]]:
    """The cases that meet the criteria, and why how many others do not."""
    known = database_cases(store)
    st.subheader("Cases")
    left, right = st.columns(2)
    by_label = {lesion.label: lesion for lesion in LesionClass}
    classes = left.multiselect("Classes (none: all)", list(by_label), key="new classes")
    standards = right.multiselect(
        "Reference standard (none: any)", sorted(set(known["reference_standard"])), key="new standard"
    )
    scanners = left.multiselect("Scanner (none: any)", sorted(set(known["scanner"])), key="new scanner")
    smallest = right.number_input("Smallest diameter, mm", 0.0, key="new smallest")
    criteria = CaseCriteria(
        tuple(by_label[c] for c in classes), tuple(scanners), tuple(standards), float(smallest)
    )
    chosen, dropped = eligible(known, criteria), ineligible(known, criteria)
    reasons = "".join(f"; {count} {why}" for why, count in dropped.items())
    st.caption(f"{len(chosen)} of the {len(known)} cases in the database{reasons}")
    return chosen, dropped
