"""What the model's opinion does to the readers: the same cases read without and with it.

The unaided readings are those of stage 1, the aided ones of stage 2, whether a study is sequential (both in
one session) or a crossover (in two).  Hidden repeats, training and dry runs are left out; a case counts for
a reader when both readings are signed.

References
----------
Obuchowski NA, Bullen J. Radiology 2022;303:26-34 (designs of studies with several readers).
Pencina et al. 2008; Vickers and Elkin 2006; Bland and Altman 1996, as the statistics name them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dls.analysis.conditions import paired, whole_times
from dls.analysis.dataset import StudyData
from dls.analysis.system import System, reader
from dls.analysis.undefined import Undefined, defined_or_reason
from dls.domain import LesionClass
from dls.errors import InputError, StatisticsError
from dls.stats.bootstrap import BootstrapResult, bootstrap, weighted_mean
from dls.stats.crossed import crossed_ratings
from dls.stats.decision_curve import net_benefit
from dls.stats.mcnemar import McNemarResult, PairedAccuracy, mcnemar, paired_accuracy
from dls.stats.mrmc import MrmcResult, obuchowski_rockette
from dls.stats.reading_time import TimeRatio, compare_times
from dls.stats.reclassification import Reclassification, reclassification
from dls.study.accounts import accounts
from dls.study.patients import PATIENT
from dls.study.protocol import protocol
from dls.study.store import Store

UNAIDED, AIDED = "unaided", "aided"
N_REPLICATES = 2000


@dataclass(frozen=True, slots=True)
class ReaderChange:
    """One reader without and with the model's opinion.

    Parameters
    ----------
    n : cases with both readings; `n_missing` of the analysed cases lack one of them
    changed : answers (of seven classes) that differ between the two
    accuracy : aided against unaided, share of right classes
    malignancy : aided against unaided, sensitivity and specificity for malignancy
    reclassified : net reclassification of benign and malignant
    benefit : net benefit for malignancy, unaided and aided
    time : aided over unaided reading time
    """

    reader: System
    n: int
    n_missing: int
    changed: int
    accuracy: McNemarResult | Undefined
    malignancy: PairedAccuracy | Undefined
    reclassified: Reclassification | Undefined
    benefit: tuple[float, float] | Undefined
    time: TimeRatio | Undefined


@dataclass(frozen=True, slots=True)
class AidedStudy:
    """All readers without and with the model's opinion.

    Parameters
    ----------
    threshold : probability of malignancy at which acting and not acting weigh the same, for the net benefit
    areas : Obuchowski-Rockette analysis of the confidence for malignancy, aided against unaided
    benefit : gain in net benefit, mean over the readers; interval by resampling patients, readers fixed
    sequential : whether an aided reading follows the unaided one at once, so that its time is that of both
    """

    readers: tuple[ReaderChange, ...]
    threshold: float
    areas: MrmcResult | Undefined
    benefit: BootstrapResult | Undefined
    sequential: bool
    simulated: int


def aided_pairs(store: Store) -> pd.DataFrame:
    """Readings without and with the model's opinion, side by side.

    Returns
    -------
    one row a reader and case that have both: reader_id, case_id, truth (0-6), and class, malignancy, seconds
    and simulated with the endings _unaided and _aided; seconds 0 (not measured) are NaN, and those of an
    aided reading in a sequential study are the sum of both
    """
    plan = protocol(store)
    readings = whole_times(store.readings(), plan)
    pairs = paired(readings[readings["reader_id"].isin(plan.readers)])
    pairs.columns = [
        name.replace("lesion_class", "class").replace("active_seconds", "seconds") for name in pairs.columns
    ]
    for side in (UNAIDED, AIDED):
        pairs[f"seconds_{side}"] = pairs[f"seconds_{side}"].where(pairs[f"seconds_{side}"] > 0)
    truth = store.cases()["lesion_class"]
    pairs = pairs[pairs["case_id"].isin(truth.index)]
    pairs.insert(2, "truth", pairs["case_id"].map(truth).astype(int))
    return pairs.reset_index(drop=True)


def pair_ratings(pairs: pd.DataFrame) -> pd.DataFrame:
    """Confidence for malignancy in pairs of readings (`aided_pairs`), in long form.

    Returns
    -------
    two rows a pair: reader (account id), modality (aided or unaided), case, truth (whether it is malignant),
    rating (0-100)
    """
    malignant = pairs["truth"] >= LesionClass.HCC
    sides = [
        pd.DataFrame(
            {
                "reader": pairs["reader_id"],
                "modality": side,
                "case": pairs["case_id"],
                "truth": malignant,
                "rating": pairs[f"malignancy_{side}"],
            }
        )
        for side in (AIDED, UNAIDED)
    ]
    return pd.concat(sides)


def aided_study(store: Store, threshold: float = 0.5, within: StudyData | None = None) -> AidedStudy:
    """Compare the readers with themselves.

    Parameters
    ----------
    within : the part of the study whose cases and readers are compared; None for all

    Raises
    ------
    InputError
        when no session of the protocol shows the model's opinion, or the threshold is not inside (0, 1).
    """
    plan = protocol(store)
    if not plan.shows_opinion:
        raise InputError("In this study the readers are not shown the model's opinion")
    if not 0 < threshold < 1:
        raise InputError("Bad threshold", expected="inside (0, 1)", got=str(threshold))
    pairs, names = aided_pairs(store), {a.account.id: a.account.name for a in accounts(store)}
    readers = plan.readers if within is None else tuple(r.reader_id for r in within.readers)
    cases = store.cases().index if within is None else within.cases.index
    pairs = pairs[pairs["reader_id"].isin(readers) & pairs["case_id"].isin(cases)]
    return AidedStudy(
        tuple(
            _reader_change(reader(i, names[i]), pairs[pairs["reader_id"] == i], len(cases), threshold)
            for i in readers
        ),
        threshold,
        defined_or_reason(lambda: _areas(pairs)),
        defined_or_reason(lambda: _benefit_gain(pairs, threshold, store.cases()[PATIENT])),
        any(session.condition == "sequential" for session in plan.sessions),
        int((pairs["simulated_unaided"] | pairs["simulated_aided"]).sum()),
    )


def _reader_change(who: System, pairs: pd.DataFrame, n_cases: int, threshold: float) -> ReaderChange:
    truth = pairs["truth"].to_numpy()
    positive = truth >= LesionClass.HCC
    before, after = pairs["class_unaided"].to_numpy(), pairs["class_aided"].to_numpy()
    first, second = before >= LesionClass.HCC, after >= LesionClass.HCC
    return ReaderChange(
        who,
        len(pairs),
        n_cases - len(pairs),
        int((before != after).sum()),
        defined_or_reason(lambda: mcnemar(after == truth, before == truth)),
        defined_or_reason(lambda: paired_accuracy(positive, second, first)),
        defined_or_reason(lambda: reclassification(positive, first, second)),
        defined_or_reason(
            lambda: (net_benefit(positive, first, threshold), net_benefit(positive, second, threshold))
        ),
        defined_or_reason(
            lambda: compare_times(pairs["seconds_aided"].to_numpy(), pairs["seconds_unaided"].to_numpy())
        ),
    )


def _areas(pairs: pd.DataFrame) -> MrmcResult:
    """Areas under the ROC curve of the confidence for malignancy; cases that a reader lacks are left out."""
    if pairs.empty:
        raise StatisticsError("No case has both readings")
    return obuchowski_rockette(crossed_ratings(pair_ratings(pairs), positive=True, incomplete="exclude"))


def _benefit_gain(pairs: pd.DataFrame, threshold: float, patient: pd.Series) -> BootstrapResult:
    """Gain in net benefit: each case's mean over the readers who have both readings of it.

    `patient` is that of every case, by case: patients are drawn with all of their cases.
    """
    odds = threshold / (1 - threshold)
    step = (pairs["class_aided"] >= LesionClass.HCC).astype(float) - (
        pairs["class_unaided"] >= LesionClass.HCC
    ).astype(float)
    worth: pd.Series = step * np.where(pairs["truth"] >= LesionClass.HCC, 1.0, -odds)
    of_case: pd.Series = worth.groupby(pairs["case_id"]).mean()
    table = bootstrap(
        {"gain": weighted_mean(of_case.to_numpy())},
        patient.loc[of_case.index].to_numpy(),
        n_replicates=N_REPLICATES,
    )
    return table["gain"]
