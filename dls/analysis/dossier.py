"""Everything known of one case: scores of every model, readings, consensus and truth."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pandas as pd

from dls.analysis.conditions import AIDED_STAGE
from dls.analysis.dataset import StudyData
from dls.analysis.labels import call_label
from dls.analysis.system import System
from dls.domain import MODELS, LesionClass, Task
from dls.errors import InputError
from dls.study.opinion import Meeting, ModelOpinion

Shown = Mapping[Meeting, tuple[ModelOpinion, ...]]
"""What readers were shown of a case, by when they met it."""


@dataclass(frozen=True, slots=True)
class ModelScores:
    """What one model said of a case.

    Parameters
    ----------
    scores : by class label, sum 1
    called : the class with the largest score, unless the protocol sets an operating point
    correct : None where the model's task does not apply to the case
    """

    system: System
    task: Task
    scores: dict[str, float]
    called: str
    correct: bool | None


@dataclass(frozen=True, slots=True)
class CaseReading:
    """One reading: class, confidence for malignancy (0-100), active time in seconds.

    A second reading, made before the consensus, asks for no confidence: its `malignancy` is None.  `ranking`
    names the classes from the likeliest on, where the protocol asked for it.  `aided` readings were made with
    the models' opinion; `shown` is what they said, where that is stored.
    """

    reader: str
    label: str
    correct: bool
    malignancy: float | None
    seconds: float
    comment: str
    simulated: bool
    ranking: tuple[str, ...] = ()
    session: int = 1
    aided: bool = False
    shown: tuple[ModelOpinion, ...] = ()


@dataclass(frozen=True, slots=True)
class Consensus:
    """What the readers agreed on, how, why, in how many seconds, and whether the demo made it."""

    label: str
    mode: str
    reason: str
    seconds: float
    correct: bool
    simulated: bool


@dataclass(frozen=True, slots=True)
class Dossier:
    """One case; `repeats` are readings by those who, unknowingly, met it a second time.

    In a study that shows its readers the models' opinion the readings of every session are there, without it
    and with it; in any other, those of one session.
    """

    case_id: int
    code: str
    truth: LesionClass
    scores: tuple[ModelScores, ...]
    readings: tuple[CaseReading, ...]
    repeats: tuple[CaseReading, ...]
    second_readings: tuple[CaseReading, ...]
    consensus: Consensus | None


def dossier(data: StudyData, case_id: int, shown: Shown = MappingProxyType({})) -> Dossier:
    """Collect one case.

    Parameters
    ----------
    shown : what readers were shown of it (`dls.study.opinion.shown_on`)

    Raises
    ------
    InputError
        when the study has no such case.
    """
    if case_id not in data.cases.index:
        raise InputError("The study has no such case", got=f"case {case_id}", remedy="choose one of the list")
    truth = data.lesion(case_id)
    first, again = _meetings(data)
    return Dossier(
        case_id=case_id,
        code=str(data.cases.loc[case_id, "code"]),
        truth=truth,
        scores=tuple(
            _scores(data, s, case_id, truth) for s in data.models if case_id in data.scores[s.key].index
        ),
        readings=_readings(first, case_id, truth, shown),
        repeats=_readings(again, case_id, truth, shown),
        second_readings=_second_readings(data, case_id, truth),
        consensus=_consensus(data, case_id),
    )


def _scores(data: StudyData, system: System, case_id: int, truth: LesionClass) -> ModelScores:
    task = MODELS[system.key].task
    row = data.scores[system.key].loc[case_id, list(task.classes)].to_numpy(float)
    called, target = int(data.model_calls(system.key, task).loc[case_id]), task.target(truth)
    return ModelScores(
        system=system,
        task=task,
        scores={label: float(p) for label, p in zip(task.classes, row, strict=True)},
        called=call_label(task, called),
        correct=None if target is None else called == target,
    )


def _consensus(data: StudyData, case_id: int) -> Consensus | None:
    decided = data.consensus[data.consensus["case_id"] == case_id]
    if decided.empty:
        return None
    lesion = LesionClass(int(decided["lesion_class"].iloc[0]))
    return Consensus(
        label=lesion.label,
        mode=str(decided["mode"].iloc[0]),
        reason=str(decided["reason"].iloc[0]),
        seconds=float(decided["seconds"].iloc[0]),
        correct=lesion == data.lesion(case_id),
        simulated=bool(decided["simulated"].iloc[0]),
    )


def _meetings(data: StudyData) -> tuple[pd.DataFrame, pd.DataFrame]:
    """First readings and those of cases met again: of every session and condition, where there are two."""
    every = data.every_reading
    if every.empty:
        return data.readings, data.repeats
    ordered = every.sort_values(["reader_id", "session", "stage"], kind="stable")
    return ordered[ordered["occasion"] == 1], ordered[ordered["occasion"] > 1]


def _readings(
    readings: pd.DataFrame, case_id: int, truth: LesionClass, shown: Shown
) -> tuple[CaseReading, ...]:
    rows = readings[readings["case_id"] == case_id].to_dict("records")
    return tuple(_of_condition(row, _reading(row, truth, row["active_seconds"]), shown) for row in rows)


def _of_condition(row: Mapping[Hashable, Any], reading: CaseReading, shown: Shown) -> CaseReading:
    """A reading with its session, its condition, and what was shown before it."""
    if row.get("stage") != AIDED_STAGE:
        return replace(reading, session=row["session"])
    said = shown.get((row["reader_id"], row["session"], row["occasion"]), ())
    return replace(reading, session=row["session"], aided=True, shown=said)


def _second_readings(data: StudyData, case_id: int, truth: LesionClass) -> tuple[CaseReading, ...]:
    rows = data.second_readings[data.second_readings["case_id"] == case_id].to_dict("records")
    return tuple(
        _reading({**row, "malignancy": None, "simulated": False}, truth, row["seconds"]) for row in rows
    )


def _reading(row: Mapping[Hashable, Any], truth: LesionClass, seconds: float) -> CaseReading:
    return CaseReading(
        reader=row["reader"],
        label=LesionClass(row["lesion_class"]).label,
        correct=row["lesion_class"] == truth,
        malignancy=row["malignancy"],
        seconds=seconds,
        comment=row["comment"],
        simulated=bool(row["simulated"]),
        ranking=tuple(LesionClass(c).label for c in json.loads(row.get("ranking") or "[]")),
    )
