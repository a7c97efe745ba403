"""Agreement of each reader with herself, in the cases that she met twice without being told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dls.analysis.dataset import StudyData
from dls.analysis.system import System
from dls.analysis.undefined import Undefined, defined_or_reason
from dls.domain import LesionClass
from dls.stats.repeatability import RepeatedClasses, RepeatedRatings, repeated_classes, repeated_ratings


@dataclass(frozen=True, slots=True)
class IntraReader:
    """One reader's first against her second reading of the same `n` cases, `differ` of them not alike.

    Parameters
    ----------
    classes : share of equal classes, and Cohen's kappa, on the seven classes
    malignancy : repeatability of the confidence for malignancy, 0-100
    simulated : whether any of the readings was made by the demo
    """

    reader: System
    n: int
    differ: int
    classes: RepeatedClasses | Undefined
    malignancy: RepeatedRatings | Undefined
    simulated: bool


def intra_reader(data: StudyData) -> tuple[IntraReader, ...]:
    """Every reader who read a case twice; none where the protocol hides no repeats.

    A case that was met again before it was signed the first time, or has yet to be met again, is left out.
    """
    return tuple(found for r in data.readers if (found := _of_reader(data, r)).n)


def _of_reader(data: StudyData, reader: System) -> IntraReader:
    columns = ["case_id", "lesion_class", "malignancy", "simulated"]
    first, again = (
        table.loc[table["reader_id"] == reader.reader_id, columns] for table in (data.readings, data.repeats)
    )
    both = first.merge(again, on="case_id", suffixes=("", "_again"))
    called, called_again = both["lesion_class"].to_numpy(int), both["lesion_class_again"].to_numpy(int)
    sure, sure_again = both["malignancy"].to_numpy(float), both["malignancy_again"].to_numpy(float)
    return IntraReader(
        reader=reader,
        n=len(both),
        differ=int(np.count_nonzero(called != called_again)),
        classes=defined_or_reason(lambda: repeated_classes(called, called_again, range(len(LesionClass)))),
        malignancy=defined_or_reason(lambda: repeated_ratings(sure, sure_again)),
        simulated=bool((both["simulated"].astype(bool) | both["simulated_again"].astype(bool)).any()),
    )
