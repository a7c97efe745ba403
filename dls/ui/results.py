"""Results as investigators see them: behind the protocol's blinding, cached by the state of the store."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from dls.analysis.accuracy import TABLE_NUMBER, AccuracyTable, accuracy_table
from dls.analysis.agreement import AgreementTable, ConfusionMatrix, agreement_table, confusion_matrix
from dls.analysis.aided import aided_study
from dls.analysis.aided_layout import aided_layout
from dls.analysis.cohort import Cohort, cohort
from dls.analysis.dataset import BenignCalls, StudyData, load
from dls.analysis.feature_map import FeatureMap, feature_map
from dls.analysis.long_form import accuracy_long_form, agreement_long_form
from dls.analysis.printed import PrintedTable
from dls.analysis.published import PublishedStudy, recompute_published
from dls.analysis.system import CONSENSUS, System
from dls.domain import Task
from dls.study.accounts import Account, Role
from dls.study.protocol import freeze_id, title
from dls.study.store import Store
from dls.ui import context
from dls.ui.interim_look import require_view
from dls.ui.live import follow_store
from dls.ui.session import require

Version = tuple[str, int, int]
"""Path of the study store, number of the study and change counter: what every cached result depends on."""


def open_page(name: str, *, results: bool = True) -> Account:
    """Head of an investigator's page: who may see it, its title, what it rests on; it then follows the store.

    Parameters
    ----------
    name : title of the page
    results : whether the page shows results, which the protocol may keep from investigators until every
        reading is signed, or show after a reason; a look at them before that is written into the audit trail
    """
    who = require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
    store = context.store()
    st.title(name)
    if results:
        require_view(store, who, name)
    follow_store()
    frozen = freeze_id(store)
    state = f"protocol frozen, id {frozen[:12]}" if frozen else "protocol not yet frozen"
    st.caption(f"{title(store)} · {state} · {study().reading_count()}")
    return who


def study() -> StudyData:
    """The study as it is now."""
    return _study(_version())


def accuracy(task: Task, comparator: System | None, benign_calls: BenignCalls) -> AccuracyTable:
    """Table 1, 2 or 3 of the study as it is now."""
    return _accuracy(_version(), task, comparator, benign_calls)


def agreement(benign_calls: BenignCalls) -> AgreementTable:
    """Table 4 of the study as it is now."""
    return _agreement(_version(), benign_calls)


def aided(threshold: float) -> PrintedTable:
    """Readers without and with the model's opinion, as printed; raises InputError in an unaided study."""
    return _aided(_version(), threshold)


def matrices(
    task: Task, systems: tuple[System, ...], benign_calls: BenignCalls
) -> tuple[ConfusionMatrix, ...]:
    """Confusion matrices of the study as it is now."""
    return tuple(confusion_matrix(study(), system, task, benign_calls) for system in systems)


def composition() -> Cohort:
    """Cohort, progress and flow of the study as it is now."""
    return cohort(study())


def published() -> PublishedStudy:
    """The published tables, recomputed."""
    return _published()


def long_form(number: str) -> pd.DataFrame:
    """Table 1, 2, 3 or 4 of the study as it is now, one number a row, models against the consensus."""
    if number == "4":
        return agreement_long_form(agreement(BenignCalls.WRONG))
    task = next(t for t, n in TABLE_NUMBER.items() if str(n) == number)
    return accuracy_long_form(accuracy(task, CONSENSUS, BenignCalls.WRONG))


def map_of_features(letter: str, method: str) -> FeatureMap:
    """Stored feature map of a model."""
    return _feature_map(_version(), letter, method)


def file_name(stem: str, suffix: str) -> str:
    """Name of a download: what it is, and the protocol it belongs to."""
    frozen = freeze_id(context.store())
    return f"{stem}-{frozen[:12] if frozen else 'not-frozen'}.{suffix}"


def record_export(name: str) -> None:
    """Write a download into the audit trail."""
    who = require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
    context.store().record("results.export", who.id, {"what": name})


def _version() -> Version:
    store = context.store()
    return str(store.path), store.study_id, store.change_counter()


def _store_of(version: Version) -> Store:
    return Store(Path(version[0]), study_id=version[1])


@st.cache_data(max_entries=4, show_spinner=False)
def _study(version: Version) -> StudyData:
    return load(_store_of(version))


@st.cache_data(max_entries=32, show_spinner=False)
def _accuracy(
    version: Version, task: Task, comparator: System | None, benign_calls: BenignCalls
) -> AccuracyTable:
    return accuracy_table(_study(version), task, comparator, benign_calls)


@st.cache_data(max_entries=8, show_spinner=False)
def _agreement(version: Version, benign_calls: BenignCalls) -> AgreementTable:
    return agreement_table(_study(version), benign_calls)


@st.cache_data(max_entries=8, show_spinner=False)
def _aided(version: Version, threshold: float) -> PrintedTable:
    return aided_layout(aided_study(_store_of(version), threshold))


@st.cache_data(max_entries=8, show_spinner=False)
def _feature_map(version: Version, letter: str, method: str) -> FeatureMap:
    return feature_map(_store_of(version), letter, method, _study(version).cases)


@st.cache_data(max_entries=1, show_spinner=False)
def _published() -> PublishedStudy:
    return recompute_published()
