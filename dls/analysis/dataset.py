"""The study as plain tables, and what every system called in every case.

The rules of the whole analysis are here, once:

- a model's class is the one with the largest patient score (the mean over the patient's image groups),
  unless the protocol sets an operating point for a benign/malignant model;
- a reading reduces to every task: its class is benign or malignant, and one of three if malignant;
- the three-way task has only the malignant cases; a benign call on one of them counts as wrong, unless the
  rule of the paper is chosen, which leaves such a case out for that system (`BenignCalls`);
- an unanswered case is missing, never wrong: it is left out for that system, and counted.

Source: Zhen et al., Front Oncol 2020, 10:680, Methods.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
import pandas as pd

from dls.analysis.conditions import AIDED_STAGE, UNAIDED_STAGE, paired, read_together, whole_times
from dls.analysis.system import CONSENSUS, Kind, System, model, reader
from dls.domain import MODELS, LesionClass, Task
from dls.errors import InputError
from dls.study.accounts import accounts
from dls.study.assignments import without_stage
from dls.study.consensus_record import REREAD, rereads
from dls.study.protocol import protocol
from dls.study.store import Store

ANSWERS = ["reader_id", "reader", "case_id", "lesion_class", "malignancy", "ranking", "comment"]
ANSWERS += ["active_seconds", "simulated"]
"""Columns that an analysis may ask of readings."""

BENIGN_CALL = -1
"""The call of a system that took a malignant case for benign, in the three-way task."""


FULL_CONFIDENCE = 100.0
"""A reader's confidence that a lesion is malignant, beyond doubt."""


class BenignCalls(StrEnum):
    """What a benign call on a malignant case is worth in the three-way task."""

    WRONG = "counted as wrong"
    DROPPED = "left out, as in the paper"


@dataclass(frozen=True, slots=True)
class ReadingCount:
    """How much of a result rests on readings, and how many of them were simulated.

    Parameters
    ----------
    signed, simulated : readings that are there, and those among them made by the demo
    expected : readings that there will be: of each reader the cases that are read under this condition
    consensus, consensus_simulated, cases : the same for the consensus
    """

    signed: int
    simulated: int
    expected: int
    consensus: int
    consensus_simulated: int
    cases: int

    def __str__(self) -> str:
        text = (
            f"{self.simulated} of {self.signed} readings simulated"
            if self.simulated
            else (f"{self.signed} readings, none simulated")
        )
        if self.signed < self.expected:
            text += f"; {self.expected - self.signed} of {self.expected} not yet read"
        text += f"; consensus in {self.consensus} of {self.cases} cases"
        return text + (f" ({self.consensus_simulated} simulated)" if self.consensus_simulated else "")


@dataclass(frozen=True, slots=True)
class StudyData:
    """Everything an analysis needs, read once.

    Parameters
    ----------
    cases : index case_id; code, lesion_class (0-6) and the case's other columns
    scores : a frame a model letter: index case_id, a column a class of its task, rows sum to 1
    readers : everyone the protocol names, whether or not they have read
    readings : reader_id, reader, case_id, lesion_class, malignancy (0-100), ranking (JSON, or ""), simulated,
        ...; one row a reader and case
    consensus : case_id, lesion_class, mode, simulated, ...; one row a case
    operating_points : letter -> score from which a benign/malignant model calls a lesion malignant; a model
        that is not there calls the class with the larger score
    repeats : columns of `readings`; what the readers made of the cases that they met twice unknowingly, when
        they met them again; an analysis other than that of the readers with themselves leaves them out
    every_reading : columns of `readings`, and session, occasion, stage (2 with the model's opinion); all
        readings of all sessions, in a study that shows its readers the opinion; empty in any other
    elsewhere : reader_id, case_id; what a reader meets in the session under the other condition alone, as
        half of the cases in a crossover: no reading of it is missing
    second_readings : reader, case_id, lesion_class, comment, seconds, ...; of disputed cases, read again
        before the consensus; no analysis counts them as readings
    """

    cases: pd.DataFrame
    scores: Mapping[str, pd.DataFrame]
    readers: tuple[System, ...]
    readings: pd.DataFrame
    consensus: pd.DataFrame
    operating_points: Mapping[str, float] = field(default_factory=dict)
    repeats: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=ANSWERS))
    every_reading: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=[*ANSWERS, "session", "occasion", "stage"])
    )
    elsewhere: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["reader_id", "case_id"]))
    second_readings: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=REREAD))

    @property
    def models(self) -> tuple[System, ...]:
        """The models whose predictions are stored."""
        return tuple(model(letter) for letter in MODELS if letter in self.scores)

    def systems(self, task: Task) -> tuple[System, ...]:
        """Models of a task, then readers, then the consensus where there is one."""
        consensus = (CONSENSUS,) if len(self.consensus) else ()
        return tuple(s for s in (*self.models, *self.readers, *consensus) if s.judges(task))

    def truth(self, task: Task) -> pd.Series:
        """Index of the true class in `task.classes`, by case; only the cases the task applies to."""
        target = self.cases["lesion_class"].map({int(c): task.target(c) for c in LesionClass})
        return target.dropna().astype(int).rename("truth")

    def calls(self, system: System, task: Task, benign_calls: BenignCalls = BenignCalls.WRONG) -> pd.Series:
        """Index of the class that a system called in `task.classes`, or `BENIGN_CALL`, by case.

        Only the cases the task applies to and the system answered are there.
        """
        cases = self.truth(task).index
        if system.kind is Kind.MODEL:
            calls = self.model_calls(system.key, task)
        else:
            lesion = self.lesion_calls(system)
            calls = lesion.map({int(c): _reduced(c, task) for c in LesionClass}).astype(int)
        calls = calls[calls.index.isin(cases)].sort_index().rename(system.key)
        return calls[calls != BENIGN_CALL] if benign_calls is BenignCalls.DROPPED else calls

    def model_calls(self, letter: str, task: Task) -> pd.Series:
        """Index of the class that a model called in `task.classes`, its own task, by every case it scored."""
        scores = self.scores[letter]
        if task is Task.BENIGN_MALIGNANT and letter in self.operating_points:
            return (scores[task.classes[1]] >= self.operating_points[letter]).astype(int)
        largest = np.argmax(scores[list(task.classes)].to_numpy(), axis=1)
        return pd.Series(largest, index=scores.index, dtype=int)

    def lesion_calls(self, system: System) -> pd.Series:
        """Lesion class (0-6) that a reader or the consensus gave, by case."""
        rows = self.consensus if system.kind is Kind.CONSENSUS else self._of_reader(system)
        return rows.set_index("case_id")["lesion_class"].astype(int)

    def repeated_calls(self, system: System) -> pd.Series:
        """Lesion class (0-6) that a reader gave when meeting a case again, by case; of no other system."""
        again = self.repeats[self.repeats["reader_id"] == system.reader_id]
        return again.set_index("case_id")["lesion_class"].astype(int)

    def paired_calls(
        self, system: System, task: Task, benign_calls: BenignCalls = BenignCalls.WRONG
    ) -> pd.DataFrame:
        """What a reader called without and with the model's opinion, by case read both ways.

        Returns
        -------
        columns unaided and aided: index of the class in `task.classes`, or `BENIGN_CALL`; index the cases
        that the task applies to

        Raises
        ------
        InputError
            for a model or the consensus.
        """
        pairs = paired(self.every_reading[self.every_reading["reader_id"] == system.reader_id])
        pairs = pairs[pairs["case_id"].isin(self.truth(task).index)].set_index("case_id")
        reduced = {int(c): _reduced(c, task) for c in LesionClass}
        sides = ("unaided", "aided")
        calls = pd.DataFrame({s: pairs[f"lesion_class_{s}"].map(reduced).astype(int) for s in sides})
        dropped = benign_calls is BenignCalls.DROPPED
        return calls[(calls != BENIGN_CALL).all(axis=1)] if dropped else calls

    def malignancy(self, system: System) -> pd.Series:
        """A reader's confidence for malignancy (0-100), by case; cases without one are left out."""
        return self._of_reader(system).set_index("case_id")["malignancy"].dropna().astype(float)

    def ranks_classes(self, system: System) -> bool:
        """Whether a reader ranked the classes."""
        return bool((self._of_reader(system)["ranking"] != "").any())

    def rank_score(self, system: System, target: str, task: Task) -> pd.Series:
        """How likely a reader held a class, by the ranking of the classes, by case the task applies to.

        Of K classes of the task the first in the ranking scores K, the next K - 1, and so on; a class that
        was not ranked scores 0.  In the three-way task only the order of the malignant classes counts.

        Raises
        ------
        InputError
            when the reader ranked no classes.
        """
        if not self.ranks_classes(system):
            raise InputError(f"{system.name} ranked no classes", remedy="ask for a ranking in the protocol")
        given = self._of_reader(system).set_index("case_id")["ranking"]
        given = given[(given != "") & given.index.isin(self.truth(task).index)]
        scored = {text: _rank_score(json.loads(text), target, task) for text in given.unique()}
        return given.map(scored).astype(float).sort_index().rename(system.key)

    def has_curve(self, system: System, task: Task) -> bool:
        """Whether a system gives a score of a task's classes, not only a class."""
        if system.kind is Kind.READER:
            return task is Task.BENIGN_MALIGNANT or self.ranks_classes(system)
        return system.kind is Kind.MODEL and MODELS[system.key].task is task

    def curve_score(self, system: System, target: str, task: Task) -> pd.Series:
        """The score that a system's ROC curve of a class is drawn of, by case the task applies to.

        The probability; of a reader, in a task other than benign/malignant, the rank score.

        Raises
        ------
        InputError
            when the system gives neither.
        """
        if system.kind is Kind.READER and task is not Task.BENIGN_MALIGNANT:
            return self.rank_score(system, target, task)
        return self.probability(system, target, task)

    def probability(self, system: System, target: str, task: Task) -> pd.Series:
        """Probability that a system gives to a class of a task, by case the task applies to.

        For malignancy, a seven-way model's is the sum over the malignant classes, and a reader's is the
        confidence for malignancy over 100.

        Raises
        ------
        InputError
            when the system gives no probability of that class: a reader of anything but malignancy, the
            consensus, a model of another task.
        """
        malignancy = task is Task.BENIGN_MALIGNANT and target == task.classes[1]
        if system.kind is Kind.MODEL and MODELS[system.key].task is task:
            found = self.scores[system.key][target]
        elif malignancy and system.kind is Kind.READER:
            found = self.malignancy(system) / FULL_CONFIDENCE
        elif malignancy and system.kind is Kind.MODEL and MODELS[system.key].task is Task.SEVEN_WAY:
            classes = [c.label for c in LesionClass if c.malignant]
            found = self.scores[system.key][classes].sum(axis=1).clip(upper=1.0)
        else:
            raise InputError(f"{system.name} gives no probability of {target} in the {task} task")
        return found[found.index.isin(self.truth(task).index)].astype(float).rename(system.key)

    def judges_of_malignancy(self) -> tuple[System, ...]:
        """Everyone who gives a probability of malignancy: seven-way and two-way models, then readers."""
        two_way = [m for m in self.models if MODELS[m.key].task is Task.BENIGN_MALIGNANT]
        seven_way = [m for m in self.models if MODELS[m.key].task is Task.SEVEN_WAY]
        return (*two_way, *seven_way, *self.readers)

    def lesion(self, case_id: int) -> LesionClass:
        """True class of a case."""
        return LesionClass(int(self.cases["lesion_class"].loc[case_id]))

    def of_cases(self, case_ids: Iterable[int]) -> StudyData:
        """The study reduced to some of its cases."""
        kept = set(case_ids)
        return replace(
            self,
            cases=self.cases[self.cases.index.isin(kept)],
            scores={letter: s[s.index.isin(kept)] for letter, s in self.scores.items()},
            readings=self.readings[self.readings["case_id"].isin(kept)],
            repeats=self.repeats[self.repeats["case_id"].isin(kept)],
            every_reading=self.every_reading[self.every_reading["case_id"].isin(kept)],
            consensus=self.consensus[self.consensus["case_id"].isin(kept)],
            second_readings=self.second_readings[self.second_readings["case_id"].isin(kept)],
        )

    def cases_due(self, system: System) -> pd.Index:
        """Cases that a reader reads in the session under the condition of `readings`."""
        away = self.elsewhere.loc[self.elsewhere["reader_id"] == system.reader_id, "case_id"]
        return self.cases.index[~self.cases.index.isin(away)]

    def reading_count(self, task: Task = Task.SEVEN_WAY) -> ReadingCount:
        """Readings and consensus decisions on the cases a task applies to."""
        cases = self.truth(task).index
        readings = self.readings[self.readings["case_id"].isin(cases)]
        consensus = self.consensus[self.consensus["case_id"].isin(cases)]
        return ReadingCount(
            signed=len(readings),
            simulated=int(readings["simulated"].sum()),
            expected=sum(int(self.cases_due(r).isin(cases).sum()) for r in self.readers),
            consensus=len(consensus),
            consensus_simulated=int(consensus["simulated"].sum()),
            cases=len(cases),
        )

    def _of_reader(self, system: System) -> pd.DataFrame:
        return self.readings[self.readings["reader_id"] == system.reader_id]


def _rank_score(ranking: list[int], target: str, task: Task) -> int:
    """Places from the end, among the task's classes; 0 for a class that was not ranked."""
    named = [LesionClass(c).label for c in ranking]
    order = [label for label in named if label in task.classes]
    return len(task.classes) - order.index(target) if target in order else 0


def _reduced(lesion: LesionClass, task: Task) -> int:
    target = task.target(lesion)
    return BENIGN_CALL if target is None else target


def load(store: Store, session: int = 1, *, aided: bool = False) -> StudyData:
    """Read a study from its store: its cases, the protocol's models, the readings of a session.

    The two sessions of a crossover are read together: every reader met each case once under each condition.

    Parameters
    ----------
    aided : whether the readings are those after the model's opinion was shown, or those without it: two
        questions, never answered together; the consensus is of those without it either way

    Raises
    ------
    InputError
        when the protocol has no such session, or shows no opinion in it.
    """
    plan = protocol(store)
    planned = {s.number: s for s in plan.sessions}
    if session not in planned:
        numbers = " or ".join(map(str, planned))
        raise InputError("The protocol has no such session", expected=numbers, got=str(session))
    if aided and planned[session].condition == "unaided":
        showing = " or ".join(str(s.number) for s in plan.sessions if s.condition != "unaided")
        raise InputError(
            "In this session the readers are not shown the model's opinion",
            expected=f"session {showing}" if showing else "readings without it",
            got=f"session {session}",
            remedy="clear the filter",
        )
    names = {status.account.id: status.account.name for status in accounts(store)}
    scores = {letter: store.patient_scores(letter) for letter in plan.models}
    readings, consensus, again = whole_times(store.readings(), plan), store.consensus(), rereads(store)
    stage = AIDED_STAGE if aided else UNAIDED_STAGE
    together = read_together(plan, session)
    asked = readings[readings["session"].isin(together) & (readings["stage"] == stage)]
    apart = plan.shows_opinion and len(together) == 1
    return StudyData(
        cases=store.cases(),
        scores={letter: frame for letter, frame in scores.items() if len(frame)},
        readers=tuple(reader(i, names[i]) for i in plan.readers),
        readings=asked[asked["occasion"] == 1],
        repeats=asked[asked["occasion"] > 1],
        elsewhere=without_stage(store, session, stage) if apart else readings.iloc[:0],
        every_reading=readings if plan.shows_opinion else readings.iloc[:0],
        consensus=consensus[consensus["session"].isin(together)],
        second_readings=again[again["session"].isin(together)],
        operating_points=plan.operating_points,
    )
