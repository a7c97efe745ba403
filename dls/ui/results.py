"""Results as investigators see them: behind the protocol's blinding, cached by the state of the store.

Every result is one of the part of the study that the page's filter leaves (`part`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dls.analysis.accuracy import TABLE_NUMBER, AccuracyTable, accuracy_table
from dls.analysis.agreement import AgreementTable, ConfusionMatrix, agreement_table, confusion_matrix
from dls.analysis.aided import aided_study
from dls.analysis.aided_layout import aided_layout
from dls.analysis.calibrated import DecisionStudy, SystemCalibration, decision_study, system_calibration
from dls.analysis.case_filter import CaseFilter
from dls.analysis.case_selection import compared, select
from dls.analysis.cohort import Cohort, cohort
from dls.analysis.dataset import BenignCalls, ReadingCount, StudyData, load
from dls.analysis.feature_map import FeatureMap, feature_map
from dls.analysis.intra_reader import IntraReader, intra_reader
from dls.analysis.long_form import accuracy_long_form, agreement_long_form
from dls.analysis.printed import PrintedTable
from dls.analysis.provenance import origin
from dls.analysis.published import PublishedStudy, recompute_published
from dls.analysis.quadrants import GalleryCase, Quadrants, gallery, quadrants
from dls.analysis.reader_comparison import (
    MatchedPoint,
    ModelAgainstReaders,
    matched_point,
    modality_comparison,
    model_against_readers,
)
from dls.analysis.reading_times import ReaderTime, reading_times
from dls.analysis.study_filter import Part, StudyFilter, restrict
from dls.analysis.study_filter import part as part_of
from dls.analysis.subgroup_accuracy import Question, SubgroupStudy, subgroup_study
from dls.analysis.system import AVERAGE, CONSENSUS, Kind, System
from dls.analysis.undefined import Undefined
from dls.analysis.workflow import Workflow, workflows
from dls.domain import Task
from dls.errors import InputError
from dls.stats.mrmc import MrmcResult
from dls.study.accounts import Account, Role
from dls.study.freezing import code_version
from dls.study.looks import results_visible
from dls.study.protocol import freeze_id, protocol, title
from dls.study.results_state import results_state
from dls.study.store import Store
from dls.ui import context, filter_control
from dls.ui.interim_look import require_view
from dls.ui.live import follow_store
from dls.ui.session import require

Version = tuple[str, int, str]
"""Path of the study store, number of the study and its state: what every cached result depends on."""

Scope = tuple[Version, StudyFilter]
"""The state of the store and the part of the study: whose result it is."""

PART = "part of the study"
SHORT_ID = 12
"""Letters of a freeze id that name it on a page and in a file's name."""


def open_page(name: str, *, results: bool = True, filtered: bool = False) -> Account:
    """Head of an investigator's page: who may see it, its title, what it rests on; it then follows the store.

    Parameters
    ----------
    name : title of the page
    results : whether the page shows results, which the protocol may keep from investigators until every
        reading is signed, or show after a reason; a look at them before that is written into the audit trail
    filtered : whether the page shows the part of the study that the address' filter leaves; it stops where
        the filter cannot be read or leaves no case.  A choice by what readers answered is a look at results
        on any page
    """
    who = require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
    store = context.store()
    head, tool = st.columns([5, 1], vertical_alignment="center")
    head.title(name)
    st.session_state[PART] = StudyFilter()
    if results:
        require_view(store, who, name)
    follow_store()
    if filtered:
        _open_filter(name, tool, who)
    frozen = freeze_id(store)
    state = f"protocol frozen, id {frozen[:SHORT_ID]}" if frozen else "protocol not yet frozen"
    whole = " · the whole study: the filter is not for this page" if _left_behind(filtered) else ""
    st.caption(f"{title(store)} · {state} · {_reading_count(_scope())}{whole}")
    if whole_study().cases.empty:
        st.info("The study has no cases yet: the Import page adds them.")
    return who


def _left_behind(filtered: bool) -> bool:
    return not filtered and filter_control.carried().active


def _open_filter(name: str, tool: DeltaGenerator, who: Account) -> None:
    """The filter's control beside the title; below it what the filter leaves, where there is one."""
    plan = protocol(context.store())
    try:
        chosen = filter_control.filter_of_address(name)
        if chosen.confidence is not None:
            _require_view_of_answers(name, who)
        st.session_state[PART] = chosen
        kept = part()
    except InputError as error:
        st.error(str(error))
        _clear_button()
        st.stop()
    with tool:
        filter_control.choose_filter(whole_study(), chosen, plan)
    if kept is not None:
        filter_control.show_filter(kept)
        if not kept.cases:
            st.warning("No case of the study is left by this filter. Clear it, or ask for less.")
            st.stop()
    session = next(s for s in plan.sessions if s.number == chosen.session)
    if session.condition == "aided" and not chosen.aided:
        st.info(f"{session.name} was read with the model's opinion only: the filter shows these readings.")


def _require_view_of_answers(name: str, who: Account) -> None:
    """Cases chosen by what readers answered tell results, whatever the page shows of them."""
    if not results_visible(context.store()):
        st.warning("This filter chooses cases by what readers answered.")
        _clear_button()
    require_view(context.store(), who, name)


def _clear_button() -> None:
    st.button("Clear filter", icon=":material/filter_alt_off:", on_click=filter_control.clear_filter)


def part(*, both: bool = False) -> Part | None:
    """The part of the study that this page shows; None where it shows the whole study.

    Parameters
    ----------
    both : whether it is asked for a comparison of the readings without and with the model's opinion, which
        the filter's choice between them does not concern
    """
    scope = _scope(both=both)
    return _part(scope) if scope[1].active else None


def study() -> StudyData:
    """The part of the study that this page shows, as it is now."""
    return _study(_scope())


def whole_study() -> StudyData:
    """The whole study, with the readings of the session and condition that this page shows."""
    version, chosen = _scope()
    return _session(version, chosen.session, aided=chosen.aided)


def comparators(task: Task) -> tuple[System, ...]:
    """Whom the models of a task can be tested against: consensus, average of readers, readers, models."""
    systems = study().systems(task)
    people = [s for s in systems if s.kind is not Kind.MODEL]
    average = [AVERAGE] if len(study().readers) > 1 else []
    consensus = [s for s in people if s.kind is Kind.CONSENSUS]
    readers = [s for s in people if s.kind is Kind.READER]
    return (*consensus, *average, *readers, *(s for s in systems if s.kind is Kind.MODEL))


def accuracy(task: Task, comparator: System | None, benign_calls: BenignCalls) -> AccuracyTable:
    """Table 1, 2 or 3 of the study as it is now."""
    return _accuracy(_scope(), task, comparator, benign_calls)


def agreement(benign_calls: BenignCalls, comparator: System | None = None) -> AgreementTable:
    """Table 4 of the study as it is now."""
    return _agreement(_scope(), benign_calls, comparator)


def within_readers() -> tuple[IntraReader, ...]:
    """Agreement of the readers with themselves as it is now; empty where nobody read a case twice."""
    return _within_readers(_scope())


def ways() -> tuple[Workflow, ...]:
    """The ways of a new patient through the models as they are now; empty without their scores."""
    return _ways(_scope())


def aided(threshold: float) -> PrintedTable:
    """Readers without and with the model's opinion, as printed; raises InputError in an unaided study."""
    return _aided(_scope(both=True), threshold)


def matrices(
    task: Task, systems: tuple[System, ...], benign_calls: BenignCalls
) -> tuple[ConfusionMatrix, ...]:
    """Confusion matrices of the study as it is now."""
    return tuple(confusion_matrix(study(), system, task, benign_calls) for system in systems)


def calibration(system: System, task: Task) -> SystemCalibration:
    """Calibration of a system as it is now."""
    return _calibration(_scope(), system, task)


def decisions(first: System) -> DecisionStudy:
    """Decision curves for malignancy as they are now."""
    return _decisions(_scope(), first)


def against_readers(model: System) -> ModelAgainstReaders:
    """A model against the mean of the readers as it is now."""
    return _against_readers(_scope(), model)


def matched(model: System) -> MatchedPoint:
    """A model at the readers' own specificity as it is now."""
    return _matched(_scope(), model)


def modalities() -> MrmcResult | Undefined:
    """The readers' modalities against each other as they are now."""
    return _modalities(_scope(both=True))


def times() -> tuple[ReaderTime, ...]:
    """Reading times as they are now."""
    return _times(_scope())


def subgroups(question: Question) -> SubgroupStudy:
    """A measure in all subgroups as it is now."""
    return _subgroups(_scope(), question)


def parted(task: Task, first: System, second: System) -> Quadrants:
    """How often two systems were right together, alone or not at all, as it is now."""
    return _parted(_scope(), task, first, second)


def pictured(chosen: CaseFilter, first: System, second: System) -> tuple[GalleryCase, ...]:
    """The cases of a selection with what two systems called them, as it is now."""
    return _pictured(_scope(), chosen, first, second)


def listed(chosen: CaseFilter) -> pd.DataFrame:
    """The cases of a selection with what everyone called, as it is now; shared, and not to be changed."""
    return _listed(_scope(), chosen)


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
    return _feature_map(_scope(), letter, method)


def file_name(stem: str, suffix: str, kept: Part | None) -> str:
    """Name of a download: what it is, its protocol, and whether it is of a part of the study."""
    frozen = freeze_id(context.store())
    whose = f"{frozen[:SHORT_ID] if frozen else 'not-frozen'}{'' if kept is None else '-part'}"
    return f"{stem}-{whose}.{suffix}"


def rests_on(*, of_study: bool = True, short: bool = False) -> str:
    """The line that a download ends with: protocol and code; the code alone where it is not of the study.

    Parameters
    ----------
    short : with the first letters of the freeze id, as the head of a page names it
    """
    frozen, code = freeze_id(context.store()), code_version()
    if short and frozen is not None:
        frozen = frozen[:SHORT_ID]
    return origin(frozen, code) if of_study else f"code {code}"


def record_export(name: str, kept: Part | None) -> None:
    """Write a download, and the part of the study that it is of, into the audit trail."""
    who = require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
    detail = {"what": name}
    if kept is not None:
        detail["part"] = kept.words
    context.store().record("results.export", who.id, detail)


def _scope(*, both: bool = False) -> Scope:
    chosen: StudyFilter = st.session_state.get(PART, StudyFilter())
    return version(), replace(chosen, aided=False) if both else chosen


def version() -> Version:
    """The study as it is now."""
    store = context.store()
    return str(store.path), store.study_id, results_state(store)


def store_of(version: Version) -> Store:
    """The store of a version's study, as it is now."""
    return Store(Path(version[0]), study_id=version[1])


@st.cache_resource(max_entries=4, show_spinner=False)
def _session(version: Version, session: int, *, aided: bool) -> StudyData:
    """Shared by all who look, and changed by none: copies of a large study cost more than its tables."""
    return load(store_of(version), session, aided=aided)


@st.cache_resource(max_entries=16, show_spinner=False)
def _study(scope: Scope) -> StudyData:
    version, chosen = scope
    return restrict(_session(version, chosen.session, aided=chosen.aided), chosen)


@st.cache_data(max_entries=64, show_spinner=False)
def _reading_count(scope: Scope) -> ReadingCount:
    return _study(scope).reading_count()


@st.cache_data(max_entries=64, show_spinner=False)
def _part(scope: Scope) -> Part:
    version, chosen = scope
    return part_of(_session(version, chosen.session, aided=chosen.aided), chosen)


@st.cache_data(max_entries=32, show_spinner=False)
def _accuracy(
    scope: Scope, task: Task, comparator: System | None, benign_calls: BenignCalls
) -> AccuracyTable:
    return accuracy_table(_study(scope), task, comparator, benign_calls)


@st.cache_data(max_entries=8, show_spinner=False)
def _agreement(scope: Scope, benign_calls: BenignCalls, comparator: System | None) -> AgreementTable:
    return agreement_table(_study(scope), benign_calls, comparator)


@st.cache_data(max_entries=8, show_spinner=False)
def _within_readers(scope: Scope) -> tuple[IntraReader, ...]:
    return intra_reader(_study(scope))


@st.cache_data(max_entries=8, show_spinner=False)
def _ways(scope: Scope) -> tuple[Workflow, ...]:
    return workflows(_study(scope))


@st.cache_data(max_entries=32, show_spinner=False)
def _parted(scope: Scope, task: Task, first: System, second: System) -> Quadrants:
    return quadrants(_study(scope), task, first, second)


@st.cache_data(max_entries=32, show_spinner=False)
def _pictured(scope: Scope, chosen: CaseFilter, first: System, second: System) -> tuple[GalleryCase, ...]:
    return gallery(_study(scope), chosen, first, second)


@st.cache_resource(max_entries=16, show_spinner=False)
def _listed(scope: Scope, chosen: CaseFilter) -> pd.DataFrame:
    return compared(select(_study(scope), chosen))


@st.cache_data(max_entries=32, show_spinner=False)
def _calibration(scope: Scope, system: System, task: Task) -> SystemCalibration:
    return system_calibration(_study(scope), system, task)


@st.cache_data(max_entries=16, show_spinner=False)
def _decisions(scope: Scope, first: System) -> DecisionStudy:
    return decision_study(_study(scope), first)


@st.cache_resource(max_entries=16, show_spinner=False)  # its mapping proxies cannot be copied
def _against_readers(scope: Scope, model: System) -> ModelAgainstReaders:
    return model_against_readers(_study(scope), model)


@st.cache_data(max_entries=16, show_spinner=False)
def _matched(scope: Scope, model: System) -> MatchedPoint:
    return matched_point(_study(scope), model)


@st.cache_resource(max_entries=16, show_spinner=False)
def _modalities(scope: Scope) -> MrmcResult | Undefined:
    return modality_comparison(store_of(scope[0]), _study(scope))


@st.cache_data(max_entries=16, show_spinner=False)
def _times(scope: Scope) -> tuple[ReaderTime, ...]:
    return reading_times(_study(scope))


@st.cache_data(max_entries=32, show_spinner=False)
def _subgroups(scope: Scope, question: Question) -> SubgroupStudy:
    return subgroup_study(_study(scope), question, scope[1])


@st.cache_data(max_entries=8, show_spinner=False)
def _aided(scope: Scope, threshold: float) -> PrintedTable:
    return aided_layout(aided_study(store_of(scope[0]), threshold, _study(scope)))


@st.cache_data(max_entries=8, show_spinner=False)
def _feature_map(scope: Scope, letter: str, method: str) -> FeatureMap:
    return feature_map(store_of(scope[0]), letter, method, _study(scope).cases)


@st.cache_data(max_entries=1, show_spinner=False)
def _published() -> PublishedStudy:
    return recompute_published()
