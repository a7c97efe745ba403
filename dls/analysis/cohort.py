"""Who is in the study and how far it has come: composition, progress of the reading, flow of the cases.

Source of the flow's steps: Bossuyt et al., BMJ 2015;351:h5527 (STARD 2015), item 19.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dls.analysis.case_filter import ANSWERED, ANY_READER, EVERY_MODEL, EVERY_READER, CaseFilter, Condition
from dls.analysis.case_selection import selected
from dls.analysis.dataset import ReadingCount, StudyData
from dls.analysis.system import CONSENSUS
from dls.domain import LesionClass

HISTOPATHOLOGY = "histopathology"


@dataclass(frozen=True, slots=True)
class ReaderProgress:
    """How many of the cases that one reader is to read are signed; `simulated` of them the demo made."""

    reader: str
    signed: int
    simulated: int
    cases: int

    @property
    def fraction(self) -> float:
        """Share of the cases that is signed, 0 to 1."""
        return self.signed / self.cases if self.cases else 0.0


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A step of the flow of cases: what they have in common, how many are left, and which."""

    name: str
    cases: int
    chosen: CaseFilter


@dataclass(frozen=True, slots=True)
class Cohort:
    """The study at a glance.

    Parameters
    ----------
    composition : a row a class: class, cases, share, histopathology (cases proved by it), and the lesions'
        median diameter and quartiles, median_mm, low_mm, high_mm; NaN where no diameter is known
    standards : reference standard -> cases that it proves
    flow : cases in the study, with predictions of every model, read by everyone, with a consensus
    """

    cases: int
    malignant: int
    composition: pd.DataFrame
    standards: Mapping[str, int]
    progress: tuple[ReaderProgress, ...]
    flow: tuple[FlowStep, ...]
    readings: ReadingCount


def cohort(data: StudyData) -> Cohort:
    """Composition, reading progress and flow of a study."""
    lesion = data.cases["lesion_class"].astype(int)
    return Cohort(
        cases=len(data.cases),
        malignant=int((lesion >= LesionClass.HCC).sum()),
        composition=_composition(data.cases),
        standards=_standards(data.cases),
        progress=tuple(
            ReaderProgress(
                r.name, int(own.sum()), int(data.readings["simulated"][own].sum()), len(data.cases_due(r))
            )
            for r in data.readers
            for own in [data.readings["reader_id"] == r.reader_id]
        ),
        flow=_flow(data),
        readings=data.reading_count(),
    )


def _standards(cases: pd.DataFrame) -> dict[str, int]:
    counts = cases["reference_standard"].value_counts().sort_index(ascending=False)
    return {str(name): int(n) for name, n in counts.items()}


def _composition(cases: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for lesion in LesionClass:
        of_class = cases[cases["lesion_class"] == lesion]
        low, median, high = of_class["lesion_mm"].quantile([0.25, 0.5, 0.75])
        rows.append(
            {
                "class": lesion.label,
                "cases": len(of_class),
                "share": len(of_class) / len(cases) if len(cases) else 0.0,
                "histopathology": int((of_class["reference_standard"] == HISTOPATHOLOGY).sum()),
                "median_mm": float(median),
                "low_mm": float(low),
                "high_mm": float(high),
            }
        )
    return pd.DataFrame(rows)


def _flow(data: StudyData) -> tuple[FlowStep, ...]:
    answered = {
        "with predictions of every model": EVERY_MODEL,
        "read by at least one reader": ANY_READER,
        "read by every reader": EVERY_READER,
        "with a consensus": CONSENSUS.key,
    }
    steps = [FlowStep("Cases in the study", len(data.cases), CaseFilter())]
    for name, by in answered.items():
        chosen = CaseFilter(where=(Condition(by, ANSWERED),))
        nobody = by == CONSENSUS.key and not len(data.consensus)
        steps.append(FlowStep(name, 0 if nobody else int(selected(data, chosen).sum()), chosen))
    return tuple(steps)
