"""The way of a new patient through the models: D triages from unenhanced images, G or F goes on.

A case that D calls benign is benign; one that it calls malignant gets the class of the second model.  The
answer is one of four, and the case is right when its class, or its being benign, is.
After Zhen et al., Front Oncol 2020, 10:680: models D and G need no contrast agent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dls.analysis.accuracy import MALIGNANT
from dls.analysis.dataset import StudyData
from dls.analysis.system import System, model
from dls.analysis.undefined import Undefined, defined_or_reason
from dls.domain import LesionClass, Task
from dls.stats.agreement import KappaResult, cohen_kappa
from dls.stats.proportions import Proportion, proportion

TRIAGE = "D"
SECONDS = ("G", "F")
BENIGN = 0
CLASSES = (Task.BENIGN_MALIGNANT.classes[0], *Task.MALIGNANT_THREE_WAY.classes)
"""What the way can end in."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """What one way made of the cases.

    Parameters
    ----------
    cells : (true class, called class), both places in `CLASSES` -> numbers of the cases there
    accuracy, kappa : over the four answers
    missing : cases that D, or the second model after a malignant call, has not scored
    """

    first: System
    second: System
    cells: dict[tuple[int, int], tuple[int, ...]]
    accuracy: Proportion | Undefined
    kappa: KappaResult | Undefined
    missing: int


def workflows(data: StudyData) -> tuple[Workflow, ...]:
    """The ways whose models have both scored cases."""
    if TRIAGE not in data.scores:
        return ()
    return tuple(_workflow(data, second) for second in SECONDS if second in data.scores)


def _workflow(data: StudyData, second: str) -> Workflow:
    truth = data.cases["lesion_class"].map({int(c): _place(c) for c in LesionClass}).astype(int)
    triage = data.model_calls(TRIAGE, Task.BENIGN_MALIGNANT).reindex(truth.index)
    onward = data.model_calls(second, Task.MALIGNANT_THREE_WAY).reindex(truth.index) + 1
    goes_on = triage == Task.BENIGN_MALIGNANT.classes.index(MALIGNANT)
    called = onward.where(goes_on, triage).dropna().astype(int)
    true = truth.loc[called.index]
    pairs = pd.Series(list(zip(true, called, strict=True)), index=called.index)
    cells = {pair: tuple(int(i) for i in found.index) for pair, found in pairs.groupby(pairs)}
    return Workflow(
        first=model(TRIAGE),
        second=model(second),
        cells=cells,
        accuracy=defined_or_reason(lambda: proportion(int((true == called).sum()), len(called))),
        kappa=defined_or_reason(
            lambda: cohen_kappa(true.to_numpy(), called.to_numpy(), np.arange(len(CLASSES)).tolist())
        ),
        missing=len(truth) - len(called),
    )


def _place(lesion: LesionClass) -> int:
    target = Task.MALIGNANT_THREE_WAY.target(lesion)
    return BENIGN if target is None else target + 1
