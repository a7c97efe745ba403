"""Multi-reader multi-case comparisons: a model against the readers, and the readers' modalities.

Both are Obuchowski-Rockette analyses of areas under the ROC curve for malignancy, over the cases that
everybody rated: with one modality a model against the mean of the readers, with several the modalities
against each other.

References
----------
Hillis 2007, Stat Med 26:596; Hillis 2014, Stat Med 33:330; Obuchowski and Rockette 1995.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dls.analysis.accuracy import MALIGNANT
from dls.analysis.against_mean import against_mean
from dls.analysis.aided import aided_pairs, pair_ratings
from dls.analysis.dataset import ReadingCount, StudyData
from dls.analysis.system import System
from dls.analysis.undefined import Undefined, defined_or_reason
from dls.domain import Task
from dls.errors import StatisticsError
from dls.stats.crossed import crossed_ratings
from dls.stats.delong import AucResult, auc
from dls.stats.matched import MatchedOperatingPoint, matched_sensitivity
from dls.stats.mrmc import MrmcResult, obuchowski_rockette
from dls.stats.standalone import StandaloneResult
from dls.study.patients import PATIENT
from dls.study.protocol import protocol
from dls.study.reading_files import long_ratings
from dls.study.store import Store


@dataclass(frozen=True, slots=True)
class MalignancyArea:
    """Area of one system's probability of malignancy, in the `n` cases that it rated."""

    system: System
    area: AucResult | Undefined
    n: int


@dataclass(frozen=True, slots=True)
class ModelAgainstReaders:
    """A model against the mean of the readers, in the cases that all of them rated.

    `areas` are each one's own, in the order model, readers.
    """

    model: System
    areas: tuple[MalignancyArea, ...]
    result: StandaloneResult | Undefined
    cases: int
    readings: ReadingCount


@dataclass(frozen=True, slots=True)
class MatchedPoint:
    """A model where its specificity for malignancy is the readers' mean, in the cases that all called."""

    model: System
    result: MatchedOperatingPoint | Undefined
    readings: ReadingCount


def model_against_readers(data: StudyData, model: System) -> ModelAgainstReaders:
    """One-treatment Obuchowski-Rockette analysis of a model and the readers of the study."""
    task = Task.BENIGN_MALIGNANT
    positive = data.truth(task) == task.classes.index(MALIGNANT)
    ratings = {s: data.probability(s, MALIGNANT, task) for s in (model, *data.readers)}
    return ModelAgainstReaders(
        model=model,
        areas=tuple(
            MalignancyArea(s, defined_or_reason(lambda p=p: auc(positive.loc[p.index], p.to_numpy())), len(p))  # type: ignore[misc]
            for s, p in ratings.items()
        ),
        result=defined_or_reason(lambda: against_mean(ratings, model, positive)),
        cases=len(positive),
        readings=data.reading_count(task),
    )


def matched_point(data: StudyData, model: System) -> MatchedPoint:
    """A model met at the readers' own specificity; it takes a bootstrap, so only who shows it asks for it."""
    result = defined_or_reason(lambda: _matched(data, model))
    return MatchedPoint(model, result, data.reading_count(Task.BENIGN_MALIGNANT))


def _matched(data: StudyData, model: System) -> MatchedOperatingPoint:
    task = Task.BENIGN_MALIGNANT
    positive = data.truth(task) == task.classes.index(MALIGNANT)
    if not data.readers:
        raise StatisticsError("There is no reader to compare with")
    score = data.probability(model, MALIGNANT, task)
    calls = pd.DataFrame({r.key: data.calls(r, task) == task.classes.index(MALIGNANT) for r in data.readers})
    calls = calls.reindex(score.index).dropna()
    if calls.empty:
        raise StatisticsError("No case was read by all readers and scored by the model")
    called = calls.astype(bool).to_numpy().T
    whose = data.cases.loc[calls.index, PATIENT]
    patient = None if whose.is_unique else whose
    return matched_sensitivity(positive.loc[calls.index], score.loc[calls.index], called, patient=patient)


def modality_comparison(store: Store, within: StudyData) -> MrmcResult | Undefined:
    """The readers' modalities against each other: with and without the model's opinion, or the sessions.

    A case that a reader lacks in one of them is left out, and counted in the result.

    Parameters
    ----------
    within : the part of the study whose cases and readers are compared
    """
    return defined_or_reason(lambda: _modalities(store, within))


def _modalities(store: Store, within: StudyData) -> MrmcResult:
    plan = protocol(store)
    if plan.shows_opinion:
        long = _aided_ratings(store, within)
    elif len(plan.sessions) > 1:
        table = long_ratings(store)
        codes, names = within.cases["code"], [r.name for r in within.readers]
        kept = table[table["case"].isin(codes) & table["reader"].isin(names)]
        long = kept.rename(columns={"treatment": "modality"}).assign(truth=kept["truth"] == 1)
    else:
        raise StatisticsError("The readers have read under one condition only")
    if long["modality"].nunique() < 2:
        raise StatisticsError("No case has readings under two conditions yet")
    return obuchowski_rockette(crossed_ratings(long, positive=True, incomplete="exclude"))


def _aided_ratings(store: Store, within: StudyData) -> pd.DataFrame:
    pairs, names = aided_pairs(store), {r.reader_id: r.name for r in within.readers}
    pairs = pairs[pairs["reader_id"].isin(names) & pairs["case_id"].isin(within.cases.index)]
    long = pair_ratings(pairs)
    return long.assign(reader=long["reader"].map(names))
